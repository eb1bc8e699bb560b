// What builds ask a mesh's voters about the ledger, and what they are told. Records travel as the ledger wrote them.
package import Digests

package enum LedgerLimits {
    /// Bytes of the name of a repo: a host, a port and a path.
    package static let repoBytesMax = 512
    /// Bytes of one word: an epoch, a class, the name of a reason.
    package static let wordBytesMax = 128
    /// Bytes of one record.
    package static let recordBytesMax = 192 << 10
    /// Bytes of all records of one answer.
    package static let answerBytesMax = 32 << 20
    /// Records of one answer.
    package static let recordsMax = 1_000
    package static let votersMax = 7
}

package struct LedgerQuery: Hashable, Sendable {
    package enum Question: Hashable, Sendable {
        /// Who the voters are: any node knows.
        case voters
        case epoch
        /// All publications of a digest; `isAgreed`: with everything that was recorded before the question was asked.
        case publications(StageDigest, isAgreed: Bool)
        /// To be recorded if the list is still that of `version`.
        case propose(LedgerRecord, version: Int64)
        case mark(StageID, manifest: BlobDigest, as: LedgerRecord.State)
        /// The ledger is to be made, with the query's epoch, if there is none.
        case initialise
        /// The publications of the repo, in pages.
        case page(LedgerPlace?)
        /// The names of all repos that the ledger has records of.
        case repos
    }

    package let question: Question
    /// Canonical, `host[:port]/path`; empty where the question is about none.
    package let repo: String
    /// Of the build that asks.
    package let buildClass: String
    /// That the asker knows; a voter of another one refuses. Empty: none yet.
    package let epoch: String

    package init(_ question: Question, repo: String = "", buildClass: String = "", epoch: String = "") {
        self.question = question
        self.repo = repo
        self.buildClass = buildClass
        self.epoch = epoch
    }
}

/// A publication in its written form (module Ledgers), and its state, which is kept beside it.
package struct LedgerRecord: Hashable, Sendable {
    package enum State: UInt8, Sendable {
        case won = 1
        case tagged = 2
        case rejected = 3
    }

    package let id: StageID
    package let state: State
    package let text: [UInt8]

    package init(id: StageID, state: State, text: [UInt8]) {
        self.id = id
        self.state = state
        self.text = text
    }
}

/// Where a listing goes on.
package struct LedgerPlace: Hashable, Sendable {
    package let last: StageID
    package let version: Int64

    package init(last: StageID, version: Int64) { (self.last, self.version) = (last, version) }
}

package struct LedgerRecords: Hashable, Sendable {
    package let records: [LedgerRecord]
    package let version: Int64
    /// Nil where there is no more.
    package let next: LedgerPlace?

    package init(_ records: [LedgerRecord], version: Int64, next: LedgerPlace? = nil) {
        self.records = records
        self.version = version
        self.next = next
    }
}

/// A node that keeps the ledger with others, and where it is called.
package struct LedgerVoter: Hashable, Sendable {
    package let name: String
    /// `host:port` of its peers listener; empty where the node that answers has not met it.
    package let address: String

    package init(name: String, address: String) { (self.name, self.address) = (name, address) }
}

package enum LedgerAnswer: Hashable, Sendable {
    /// Without any the mesh has no ledger.
    case voters([LedgerVoter])
    /// The one that there is now, whatever the query's was.
    case epoch(String)
    case records(LedgerRecords)
    case won
    case lost(LedgerRecords)
    case parentChanged(StageID)
    case marked(LedgerRecord.State)
    case repos([String])
    case failed(LedgerFailure)
}

/// Why a voter can't answer; what module Ledgers calls it.
package struct LedgerFailure: Hashable, Sendable {
    package enum Kind: UInt8, Sendable {
        case unavailable = 1
        case outcomeUnknown = 2
        case notInitialised = 3
        case otherEpoch = 4
        case noSuchPublication = 5
        case unreadable = 6
        case newer = 7
        case refused = 8
        case full = 9
        /// The listing is older than what is known.
        case tooOld = 10
    }

    package let kind: Kind
    package let words: [String]
    package let id: StageID?

    package init(_ kind: Kind, _ words: [String] = [], id: StageID? = nil) {
        self.kind = kind
        self.words = words
        self.id = id
    }
}

// MARK: On the wire

extension LedgerRecord: Message {
    package func write(to fields: inout FieldWriter) {
        fields.message(1, id)
        fields.count(2, state.rawValue)
        fields.data(3, text)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        id = try fields.message(1, "id")
        state = try fields.choice(2, "state")
        text = try fields.data(3, "text", max: LedgerLimits.recordBytesMax)
    }
}

extension LedgerPlace: Message {
    package func write(to fields: inout FieldWriter) {
        fields.message(1, last)
        fields.count(2, version)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        last = try fields.message(1, "last")
        version = try fields.count(2, "version")
    }
}

extension LedgerRecords: Message {
    package func write(to fields: inout FieldWriter) {
        fields.messages(1, records)
        fields.count(2, version)
        fields.message(3, next)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        records = try fields.messages(1, "records", max: LedgerLimits.recordsMax)
        version = try fields.count(2, "version")
        next = try fields.optionalMessage(3, "next")
    }
}

extension LedgerVoter: Message {
    package func write(to fields: inout FieldWriter) {
        fields.text(1, name)
        fields.text(2, address)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        name = try fields.nodeName(1, "name")
        address = try fields.text(2, "address", max: WireName.addressBytesMax)
    }
}

extension LedgerFailure: Message {
    /// What a failure says in words: one or two reasons.
    private static let wordsMax = 4

    package func write(to fields: inout FieldWriter) {
        fields.count(1, kind.rawValue)
        fields.texts(2, words)
        fields.message(3, id)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        kind = try fields.choice(1, "kind")
        words = try fields.texts(2, "words", max: Self.wordsMax)
        id = try fields.optionalMessage(3, "id")
    }
}
