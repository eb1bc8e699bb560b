// Messages come back as they were sent, take what newer versions add, and refuse everything else with a reason.
import Mesh
import MeshSimulation
import Testing

@Suite struct `Messages` {
    private static func again<Value: Message>(_ message: Value) throws -> Value {
        try Value(encoded: message.encoded)
    }

    @Test func `come back as they were sent`() throws {
        for seed in UInt64(0)..<150 {
            var drawing = MessageDrawing(seed: seed)
            for message in drawing.all() {
                let back: any Message = try Self.again(message)
                #expect(back.encoded == message.encoded, "seed \(seed): \(type(of: message))")
                guard Self.words(back) != Self.words(message) else { continue }
                Issue.record("seed \(seed): \(Self.words(message))\n\(Self.words(back))")
                return
            }
        }
    }

    /// Everything that a value holds, as text in one order.
    private static func words(_ value: Any) -> String {
        let mirror = Mirror(reflecting: value)
        guard !mirror.children.isEmpty else { return "\(type(of: value)) \(value)" }
        let parts = mirror.children.map { ($0.label ?? "") + ":" + words($0.value) }
        let isUnordered = mirror.displayStyle == .dictionary || mirror.displayStyle == .set
        return "(" + (isUnordered ? parts.sorted() : parts).joined(separator: ",") + ")"
    }

    @Test func `are the same bytes for the same value`() {
        for seed in UInt64(0)..<100 {
            var (first, second) = (MessageDrawing(seed: seed), MessageDrawing(seed: seed))
            #expect(first.all().map(\.encoded) == second.all().map(\.encoded))
        }
    }

    /// Fields with greater tags than any that this version knows.
    @Test func `with fields of a newer version are read`() throws {
        for seed in UInt64(0)..<50 {
            var drawing = MessageDrawing(seed: seed)
            for message in drawing.all() {
                let newer: [UInt8] = [0xb8, 0x3e, 0x07, 0xc2, 0x3e, 0x03, 1, 2, 3, 0xc9, 0x3e, 0, 0, 0, 0, 0, 0, 0, 0]
                let back = try Self.read(message, message.encoded + newer)
                #expect(back.encoded == message.encoded, "\(type(of: message))")
            }
        }
    }

    private static func read<Value: Message>(_ like: Value, _ bytes: [UInt8]) throws -> any Message {
        try Value(encoded: bytes)
    }

    @Test func `that end too early are refused`() throws {
        for seed in UInt64(0)..<2 {
            var drawing = MessageDrawing(seed: seed)
            let bytes = drawing.shippedOrder().encoded
            for count in 0..<bytes.count {
                // Where a field ends, the message may end: what must be there is missing then.
                if let message = try? ShippedOrder(encoded: Array(bytes[..<count])) {
                    #expect(message.encoded.count <= count)
                }
            }
        }
        #expect(throws: MessageError.self) { try ShippedOrder(encoded: []) }
    }

    @Test func `say which field is wrong`() {
        var drawing = MessageDrawing(seed: 3)
        let order = drawing.shippedOrder().encoded
        // `buildClass` has nine bytes with its key and length, and is the last; `watcher` has seven before it.
        #expect(Self.error(ShippedOrder.self, order.dropLast(16)) == "watcher is missing")
        #expect(Self.error(ShippedOrder.self, [0x0a, 1, 0x61]) == "order is missing")
        #expect(Self.error(NodeCard.self, [0x0a, 1, 0xff]) == "name isn't UTF-8")
        #expect(Self.error(NodeCard.self, [0x0a, 2, 0x41]) == "name ends too early")
        #expect(Self.error(NodeCard.self, [0x0a, 1, 0x41]) == "name isn't the name of a node")
        #expect(Self.error(NodeCard.self, [0x08, 1]) == "name has the wrong kind")
        #expect(Self.error(NodeCard.self, [0x0a, 1, 0x61, 0x0a, 1, 0x61]) == "field 1 stands there twice")
        #expect(Self.error(NodeCard.self, [0x12, 0, 0x0a, 1, 0x61]) == "name is missing")
        #expect(Self.error(NodeCard.self, [0x0a, 1, 0x61, 0x38, 0, 0x30, 0]) == "the message has fields out of order")
        #expect(Self.error(NodeCard.self, [0x0a, 1, 0x61, 0x30, 0x80, 0]) == "slots is malformed")
        #expect(
            Self.error(MemberRows.self, [0x0a, 5, 0x0a, 1, 0x61, 0x20, 9])
                == "rows[0].state is of kind 9, which this version doesn't know")
        #expect(
            Self.error(NodeCard.self, [0x0a, 1, 0x61, 0x30] + Array(repeating: 0xff, count: 9) + [1])
                == "slots has a number out of range")
    }

    private static func error<Value: Message>(_ type: Value.Type, _ bytes: some Sequence<UInt8>) -> String {
        do {
            _ = try Value(encoded: Array(bytes))
            return "none"
        } catch {
            return "\(error)"
        }
    }

    @Test func `are refused when they are too long, too many or too deep`() {
        let names = (0...ShippedLayer.holdersMax).map { _ in "n" }
        var drawing = MessageDrawing(seed: 1)
        let layer = ShippedLayer(diffID: drawing.blob(), blob: nil, byteCount: 1, holders: names)
        #expect(Self.error(ShippedLayer.self, layer.encoded) == "holders has more than 64 elements")
        let reason = DrainReason(String(repeating: "x", count: MessageLimits.textBytesMax + 1))
        #expect(Self.error(DrainReason.self, reason.encoded).hasPrefix("text has 1048577 bytes"))
    }

    @Test func `change in any byte and never trap`() throws {
        for seed in UInt64(0)..<40 {
            var drawing = MessageDrawing(seed: seed)
            for message in drawing.all() { Self.mutate(message, &drawing.random) }
        }
    }

    private static func mutate<Value: Message>(_ message: Value, _ random: inout SeededGenerator) {
        let bytes = message.encoded
        for _ in 0..<40 {
            var changed = bytes
            for _ in 0...random.below(3) where !changed.isEmpty {
                let place = random.below(changed.count)
                switch random.below(4) {
                case 0: changed[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: changed[place] ^= 1 << UInt8(random.below(8))
                case 2: changed.remove(at: place)
                default: changed.insert(random.pick([0, 0x7f, 0x80, 0xff]), at: place)
                }
            }
            // What is taken is a value, and can be sent again.
            guard let taken = try? Value(encoded: changed) else { continue }
            #expect((try? Value(encoded: taken.encoded))?.encoded == taken.encoded, "\(Value.self) \(changed)")
        }
    }
}

@Suite struct `Paths of contexts` {
    @Test(arguments: ["", "/a", "a//b", "a/", ".", "..", "a/../b", "a/./b", "a\0b"])
    func `outside their folder are refused`(_ path: String) {
        #expect(ContextPath.refusal(of: Array(path.utf8)) != nil)
    }

    @Test func `of any bytes within the bounds are taken`() {
        #expect(ContextPath.refusal(of: Array("a/..b/c d/ä".utf8) + [0xff]) == nil)
        #expect(ContextPath.refusal(of: Array(repeating: 0x61, count: 255)) == nil)
        #expect(ContextPath.refusal(of: Array(repeating: 0x61, count: 256)) != nil)
        let deep = Array(String(repeating: "a/", count: 255).utf8) + [0x61]
        #expect(ContextPath.refusal(of: deep) == nil)
        #expect(ContextPath.refusal(of: Array("a/".utf8) + deep) != nil)
    }

    @Test(arguments: [["a", "a"], ["a", "a/b"], ["x/y/z", "x/y"], ["b/c/d/e", "q", "b"]])
    func `below a file or a link are refused`(_ paths: [String]) {
        var drawing = MessageDrawing(seed: 1)
        let entries = paths.map {
            ContextEntry(path: Array($0.utf8), kind: .link, digest: drawing.object())
        }
        let context = ShippedContext(patterns: [], entries: entries)
        #expect(throws: MessageError.self) { try ShippedContext(encoded: context.encoded) }
    }
}

@Suite struct `A secret` {
    @Test func `is printed by nothing`() {
        let secret = ShippedSecret(id: "token", bytes: Array("hunter2".utf8))
        var text =
            "\(secret) \(String(reflecting: secret)) \([secret]) \(String(describing: Mirror(reflecting: secret).children.map(\.value)))"
        dump(secret, to: &text)
        dump(["a": secret], to: &text)
        let order = Drawn.order()
        dump(
            ShippedOrder(
                build: order.build, order: order.order, contexts: [], layers: [], secrets: [secret],
                watcher: order.watcher, buildClass: order.buildClass), to: &text)
        #expect(!text.contains("hunter2"))
        #expect(!text.contains("104"))
        #expect(!text.contains("token"))
        #expect(text.contains("(secret)"))
    }
}
