// A stage order with everything that the node can't read for itself, and what comes of it.

/// Roots of contents are scratch or bases.
package struct ShippedOrder: Sendable {
    /// Name of the build: for fairness, logs and claims. `[a-z0-9-]`, 1 to 64 bytes.
    package let build: String
    package let order: StageOrder
    package let contexts: [ShippedContext]
    package let layers: [ShippedLayer]
    package let secrets: [ShippedSecret]
    /// Name of the actor at the other end of the link that hears what the stage says.
    package let watcher: String
    /// The class that the build is of: one of its client's certificate.
    package let buildClass: String

    /// Contexts of one order.
    package static let contextsMax = 1_000

    package init(
        build: String, order: StageOrder, contexts: [ShippedContext], layers: [ShippedLayer], secrets: [ShippedSecret],
        watcher: String, buildClass: String
    ) {
        self.build = build
        self.order = order
        self.contexts = contexts
        self.layers = layers
        self.secrets = secrets
        self.watcher = watcher
        self.buildClass = buildClass
    }
}

/// The outcome of an order is a value; only the link's failure is thrown.
package enum StageOutcome: Sendable {
    case made(StageResult)
    case failed(message: String, isRetryable: Bool)
    case stopped
    /// The node could not fetch a base: whoever may can send it, and ask again.
    case unsupplied(message: String)
    /// The node drains or is full: give the order to another.
    case refused(reason: String)
}

extension ShippedOrder: Message {
    package func write(to fields: inout FieldWriter) {
        fields.text(1, build)
        fields.message(2, order)
        fields.messages(3, contexts)
        fields.messages(4, layers)
        fields.messages(5, secrets)
        fields.text(6, watcher)
        fields.text(7, buildClass)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        build = try fields.buildName(1, "build")
        order = try fields.message(2, "order")
        contexts = try fields.messages(3, "contexts", max: Self.contextsMax)
        layers = try fields.messages(4, "layers")
        secrets = try fields.messages(5, "secrets", max: ShippedSecret.secretsMax)
        watcher = try fields.buildName(6, "watcher")
        buildClass = try fields.text(7, "buildClass", max: WireName.nodeBytesMax)
    }
}

extension StageOutcome: Message {
    package func write(to fields: inout FieldWriter) {
        switch self {
        case .made(let result): fields.message(1, result)
        case .failed(let message, let isRetryable):
            fields.group(2) { fields in
                fields.text(1, message)
                fields.flag(2, isRetryable)
            }
        case .stopped: fields.group(3) { _ in }
        case .refused(let reason): fields.group(4) { $0.text(1, reason) }
        case .unsupplied(let message): fields.group(5) { $0.text(1, message) }
        }
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        switch try fields.caseTag() {
        case 1: self = .made(try fields.message(1, "made"))
        case 2:
            self = try fields.group(2, "failed") { fields throws(MessageError) in
                .failed(message: try fields.text(1, "message"), isRetryable: try fields.flag(2, "isRetryable"))
            }
        case 3: self = try fields.group(3, "stopped") { _ in .stopped }
        case 4:
            self = try fields.group(4, "refused") { fields throws(MessageError) in
                .refused(reason: try fields.text(1, "reason"))
            }
        case 5:
            self = try fields.group(5, "unsupplied") { fields throws(MessageError) in
                .unsupplied(message: try fields.text(1, "message"))
            }
        case let tag: throw MessageError("", .unknownCase(tag))
        }
    }
}
