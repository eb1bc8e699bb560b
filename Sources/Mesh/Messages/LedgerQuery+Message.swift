// Questions to voters and their answers as fields.
import Digests

extension LedgerQuery: Message {
    package func write(to fields: inout FieldWriter) {
        fields.text(1, repo)
        fields.text(2, buildClass)
        fields.text(3, epoch)
        fields.message(4, question)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        let repo = try fields.text(1, "repo", max: LedgerLimits.repoBytesMax)
        let buildClass = try fields.text(2, "class", max: ClaimKey.classBytesMax)
        let epoch = try fields.text(3, "epoch", max: LedgerLimits.wordBytesMax)
        self.init(try fields.message(4, "question"), repo: repo, buildClass: buildClass, epoch: epoch)
    }
}

extension LedgerQuery.Question: Message {
    package func write(to fields: inout FieldWriter) {
        switch self {
        case .voters: fields.group(1) { _ in }
        case .publications(let digest, let isAgreed):
            fields.group(2) { fields in
                fields.digest(1, digest)
                fields.flag(2, isAgreed)
            }
        case .propose(let record, let version):
            fields.group(3) { fields in
                fields.message(1, record)
                fields.count(2, version)
            }
        case .mark(let id, let manifest, let state):
            fields.group(4) { fields in
                fields.message(1, id)
                fields.digest(2, manifest)
                fields.count(3, state.rawValue)
            }
        case .initialise: fields.group(5) { _ in }
        case .page(let place): fields.group(6) { $0.message(1, place) }
        case .repos: fields.group(7) { _ in }
        case .epoch: fields.group(8) { _ in }
        }
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        switch try fields.caseTag() {
        case 1: self = try fields.group(1, "voters") { _ in .voters }
        case 2:
            self = try fields.group(2, "publications") { fields throws(MessageError) in
                .publications(try fields.stageDigest(1, "digest"), isAgreed: try fields.flag(2, "isAgreed"))
            }
        case 3:
            self = try fields.group(3, "propose") { fields throws(MessageError) in
                .propose(try fields.message(1, "record"), version: try fields.count(2, "version"))
            }
        case 4:
            self = try fields.group(4, "mark") { fields throws(MessageError) in
                .mark(
                    try fields.message(1, "id"), manifest: try fields.blobDigest(2, "manifest"),
                    as: try fields.choice(3, "state"))
            }
        case 5: self = try fields.group(5, "initialise") { _ in .initialise }
        case 6:
            self = try fields.group(6, "page") { fields throws(MessageError) in
                .page(try fields.optionalMessage(1, "place"))
            }
        case 7: self = try fields.group(7, "repos") { _ in .repos }
        case 8: self = try fields.group(8, "epoch") { _ in .epoch }
        case let tag: throw MessageError("", .unknownCase(tag))
        }
    }
}

extension LedgerAnswer: Message {
    package func write(to fields: inout FieldWriter) {
        switch self {
        case .voters(let voters): fields.group(1) { $0.messages(1, voters) }
        case .records(let records): fields.message(2, records)
        case .won: fields.group(3) { _ in }
        case .lost(let records): fields.message(4, records)
        case .parentChanged(let id): fields.message(5, id)
        case .marked(let state): fields.group(6) { $0.count(1, state.rawValue) }
        case .epoch(let epoch): fields.group(7) { $0.text(1, epoch) }
        case .repos(let names): fields.group(8) { $0.texts(1, names) }
        case .failed(let failure): fields.message(9, failure)
        }
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        switch try fields.caseTag() {
        case 1:
            self = try fields.group(1, "voters") { fields throws(MessageError) in
                .voters(try fields.messages(1, "voters", max: LedgerLimits.votersMax))
            }
        case 2: self = .records(try fields.message(2, "records"))
        case 3: self = try fields.group(3, "won") { _ in .won }
        case 4: self = .lost(try fields.message(4, "lost"))
        case 5: self = .parentChanged(try fields.message(5, "parentChanged"))
        case 6:
            self = try fields.group(6, "marked") { fields throws(MessageError) in
                .marked(try fields.choice(1, "state"))
            }
        case 7:
            self = try fields.group(7, "epoch") { fields throws(MessageError) in
                .epoch(try fields.text(1, "epoch", max: LedgerLimits.wordBytesMax))
            }
        case 8:
            self = try fields.group(8, "repos") { fields throws(MessageError) in
                .repos(try fields.texts(1, "names"))
            }
        case 9: self = .failed(try fields.message(9, "failed"))
        case let tag: throw MessageError("", .unknownCase(tag))
        }
    }
}
