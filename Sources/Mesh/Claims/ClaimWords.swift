// What is said about claims: which stage, who builds it, what a home answers.
package import Digests

/// Names a stage: what one class builds is not shared with another by its claims.
package struct ClaimKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The class whose rights the build has; "" for none.
    package let buildClass: String
    package let digest: StageDigest

    package init(buildClass: String, digest: StageDigest) {
        self.buildClass = buildClass
        self.digest = digest
    }

    package static func < (left: ClaimKey, right: ClaimKey) -> Bool {
        (left.digest, left.buildClass) < (right.digest, right.buildClass)
    }

    package var description: String { buildClass.isEmpty ? "\(digest)" : "\(digest) of \(buildClass)" }

    /// What its home is chosen by: builds of all classes have one home for a digest.
    package var homeBytes: [UInt8] { Array(digest.hex.utf8) }
}

/// One order on one node: its number is never used again by that node.
package struct Claimant: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// As the certificate of the link says.
    package let node: String
    package let number: UInt64

    package init(node: String, number: UInt64) {
        self.node = node
        self.number = number
    }

    package static func < (left: Claimant, right: Claimant) -> Bool {
        (left.node, left.number) < (right.node, right.number)
    }

    package var description: String { "\(node)#\(number)" }
}

/// What an order wants to be alone with.
package struct ClaimWant: Hashable, Sendable {
    package let key: ClaimKey
    /// Name of the build: orders of one build never wait for each other, as their coordinator knows of them.
    package let build: String
    /// A speculative or verifying copy: it is recorded, and waits for nobody.
    package let isCopy: Bool
    /// A result that is known already was looked at, and did not fit.
    package var refusesResults: Bool

    package init(key: ClaimKey, build: String, isCopy: Bool = false, refusesResults: Bool = false) {
        self.key = key
        self.build = build
        self.isCopy = isCopy
        self.refusesResults = refusesResults
    }
}

/// What a home says to one who wants a claim.
package enum ClaimAnswer: Hashable, Sendable {
    /// It is the asker's until it releases it, or refreshes it no more.
    case granted
    /// Another builds it: ask again, and wait.
    case held(by: String, build: String)
    /// The home is new to this digest, and waits for those who may hold it: ask again, and wait.
    case settling
    /// It was built at this node, which is to be asked for the result.
    case made(at: String)
    /// Another node is the home, as far as this one knows.
    case notHome
    /// The home takes no more: build it.
    case full

    /// Nothing is to be waited for.
    package var isFinal: Bool {
        switch self {
        case .held, .settling: false
        case .granted, .made, .notHome, .full: true
        }
    }
}

/// A claim as its holder says it every now and then.
package struct HeldClaim: Hashable, Sendable {
    package let number: UInt64
    package let want: ClaimWant

    package init(number: UInt64, want: ClaimWant) {
        self.number = number
        self.want = want
    }
}

/// The end of an order's claim, or of its wish for one.
package struct ClaimRelease: Hashable, Sendable {
    package let number: UInt64
    package let key: ClaimKey
    /// The node has the result, and remembers it.
    package let isMade: Bool

    package init(number: UInt64, key: ClaimKey, isMade: Bool) {
        self.number = number
        self.key = key
        self.isMade = isMade
    }
}
