// What nodes say to homes about claims. Who speaks is known by the link, and stands in no message.

/// Wishes of one order; in the answer, one for each in their order.
package struct ClaimQuery: Hashable, Sendable {
    /// Of the order, at the node that asks.
    package let number: UInt64
    package let wants: [ClaimWant]
    /// How long the home may keep the question while nothing is decided.
    package let wait: Duration

    package init(number: UInt64, wants: [ClaimWant], wait: Duration) {
        self.number = number
        self.wants = wants
        self.wait = wait
    }
}

package struct ClaimAnswers: Hashable, Sendable {
    package let answers: [ClaimAnswer]

    package init(answers: [ClaimAnswer]) { self.answers = answers }
}

/// Claims that a node holds on.
package struct ClaimRefresh: Hashable, Sendable {
    package let claims: [HeldClaim]

    package init(claims: [HeldClaim]) { self.claims = claims }
}

package struct ClaimReleases: Hashable, Sendable {
    package let releases: [ClaimRelease]

    package init(releases: [ClaimRelease]) { self.releases = releases }
}

extension ClaimKey: Message {
    /// Bytes of the name of a class.
    package static let classBytesMax = 63

    package func write(to fields: inout FieldWriter) {
        fields.text(1, buildClass)
        fields.digest(2, digest)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        self.init(
            buildClass: try fields.text(1, "class", max: Self.classBytesMax),
            digest: try fields.stageDigest(2, "digest"))
    }
}

extension ClaimWant: Message {
    package func write(to fields: inout FieldWriter) {
        fields.message(1, key)
        fields.text(2, build)
        fields.flag(3, isCopy)
        fields.flag(4, refusesResults)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        self.init(
            key: try fields.message(1, "key"), build: try fields.buildName(2, "build"),
            isCopy: try fields.flag(3, "isCopy"), refusesResults: try fields.flag(4, "refusesResults"))
    }
}

extension ClaimQuery: Message {
    package func write(to fields: inout FieldWriter) {
        fields.number(1, number)
        fields.messages(2, wants)
        fields.count(3, wait.nanoseconds)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        let number = try fields.number(1, "number")
        let wants: [ClaimWant] = try fields.messages(2, "wants", max: HeldClaims.batchMax)
        let nanoseconds: Int64 = try fields.count(3, "wait")
        self.init(number: number, wants: wants, wait: .nanoseconds(nanoseconds))
    }
}

extension ClaimAnswer: Message {
    package func write(to fields: inout FieldWriter) {
        switch self {
        case .granted: fields.group(1) { _ in }
        case .held(let node, let build):
            fields.group(2) { fields in
                fields.text(1, node)
                fields.text(2, build)
            }
        case .settling: fields.group(3) { _ in }
        case .made(let node): fields.group(4) { $0.text(1, node) }
        case .notHome: fields.group(5) { _ in }
        case .full: fields.group(6) { _ in }
        }
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        switch try fields.caseTag() {
        case 1: self = try fields.group(1, "granted") { _ in .granted }
        case 2:
            self = try fields.group(2, "held") { fields throws(MessageError) in
                .held(by: try fields.nodeName(1, "node"), build: try fields.buildName(2, "build"))
            }
        case 3: self = try fields.group(3, "settling") { _ in .settling }
        case 4:
            self = try fields.group(4, "made") { fields throws(MessageError) in
                .made(at: try fields.nodeName(1, "node"))
            }
        case 5: self = try fields.group(5, "notHome") { _ in .notHome }
        case 6: self = try fields.group(6, "full") { _ in .full }
        case let tag: throw MessageError("", .unknownCase(tag))
        }
    }
}

extension ClaimAnswers: Message {
    package func write(to fields: inout FieldWriter) { fields.messages(1, answers) }

    package init(from fields: inout FieldReader) throws(MessageError) {
        answers = try fields.messages(1, "answers", max: HeldClaims.batchMax)
    }
}

extension HeldClaim: Message {
    package func write(to fields: inout FieldWriter) {
        fields.number(1, number)
        fields.message(2, want)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        self.init(number: try fields.number(1, "number"), want: try fields.message(2, "want"))
    }
}

extension ClaimRefresh: Message {
    package func write(to fields: inout FieldWriter) { fields.messages(1, claims) }

    package init(from fields: inout FieldReader) throws(MessageError) {
        claims = try fields.messages(1, "claims", max: HeldClaims.batchMax)
    }
}

extension ClaimRelease: Message {
    package func write(to fields: inout FieldWriter) {
        fields.number(1, number)
        fields.message(2, key)
        fields.flag(3, isMade)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        self.init(
            number: try fields.number(1, "number"), key: try fields.message(2, "key"),
            isMade: try fields.flag(3, "isMade"))
    }
}

extension ClaimReleases: Message {
    package func write(to fields: inout FieldWriter) { fields.messages(1, releases) }

    package init(from fields: inout FieldReader) throws(MessageError) {
        releases = try fields.messages(1, "releases", max: HeldClaims.batchMax)
    }
}
