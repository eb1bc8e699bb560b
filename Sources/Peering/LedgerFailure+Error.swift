// A ledger's errors and records between module Ledgers and the messages in which they travel.
import Digests
import Ledgers
import Mesh

extension LedgerFailure {
    init(of error: any Error) {
        switch error {
        case let error as LedgerError: self = Self.failure(error)
        case is ListingTooOld: self.init(.tooOld)
        case is CancellationError: self.init(.unavailable, ["the node ends"])
        default: self.init(.unavailable, ["\(error)"])
        }
    }

    private static func failure(_ error: LedgerError) -> LedgerFailure {
        switch error {
        case .unavailable(let reason): LedgerFailure(.unavailable, [reason])
        case .outcomeUnknown(let id, let reason): LedgerFailure(.outcomeUnknown, [reason], id: id)
        case .notInitialised: LedgerFailure(.notInitialised)
        case .otherEpoch(let known, let found): LedgerFailure(.otherEpoch, [known, found])
        case .noSuchPublication(let id): LedgerFailure(.noSuchPublication, id: id)
        case .unreadable(let what, let reason): LedgerFailure(.unreadable, [what, reason])
        case .newer(let what, let version): LedgerFailure(.newer, [what, "\(version)"])
        case .refused(let reason): LedgerFailure(.refused, [reason])
        case .full: LedgerFailure(.full)
        }
    }

    /// What the asker throws.
    var error: any Error {
        switch kind {
        case .tooOld: ListingTooOld()
        default: ledgerError
        }
    }

    private var ledgerError: LedgerError {
        func word(_ place: Int) -> String { words.count > place ? words[place] : "" }
        switch (kind, id) {
        case (.unavailable, _), (.tooOld, _): return .unavailable(word(0))
        case (.outcomeUnknown, let id?): return .outcomeUnknown(id, word(0))
        case (.notInitialised, _): return .notInitialised
        case (.otherEpoch, _): return .otherEpoch(known: word(0), found: word(1))
        case (.noSuchPublication, let id?): return .noSuchPublication(id)
        case (.newer, _): return .newer(word(0), version: Int(word(1)) ?? 0)
        case (.refused, _): return .refused(word(0))
        case (.full, _): return .full
        case (.unreadable, _), (.outcomeUnknown, nil), (.noSuchPublication, nil):
            return .unreadable(word(0), word(1))
        }
    }
}

extension LedgerRecord {
    init(_ publication: Publication) throws(LedgerError) {
        self.init(id: publication.id, state: State(publication.state), text: try publication.text())
    }

    func publication() throws(LedgerError) -> Publication {
        try Publication(text, id: id, state: Publication.State(state))
    }
}

extension LedgerRecord.State {
    init(_ state: Publication.State) {
        self =
            switch state {
            case .won: .won
            case .tagged: .tagged
            case .rejected: .rejected
            }
    }
}

extension Publication.State {
    init(_ state: LedgerRecord.State) {
        self =
            switch state {
            case .won: .won
            case .tagged: .tagged
            case .rejected: .rejected
            }
    }
}

extension LedgerRecords {
    /// Throws where they are more than an answer holds.
    init(
        _ publications: [Publication], version: PublicationList.Version, next: LedgerPlace? = nil
    ) throws(LedgerError) {
        var records: [LedgerRecord] = []
        var byteCount = 0
        for publication in publications {
            let record = try LedgerRecord(publication)
            byteCount += record.text.count
            guard records.count < LedgerLimits.recordsMax, byteCount <= LedgerLimits.answerBytesMax else {
                throw .refused("the records of \(publication.id.digest) are more than one answer holds")
            }
            records.append(record)
        }
        self.init(records, version: version.number, next: next)
    }

    func list() throws(LedgerError) -> PublicationList {
        var publications: [Publication] = []
        for record in records { publications.append(try record.publication()) }
        return PublicationList(publications, version: .init(version))
    }
}
