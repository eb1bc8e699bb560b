// A line of a process's file of pins, and what all lines of all processes say together.
import Cleaning
import Layers
import SystemPackage

enum PinLine: Equatable {
    case lease(ItemName, until: Int64)
    case hold(ItemName)
    case drop(ItemName)

    var text: String {
        switch self {
        case .lease(let item, let end): "lease \(item) \(end)\n"
        case .hold(let item): "hold \(item)\n"
        case .drop(let item): "drop \(item)\n"
        }
    }

    /// Nil for any other text.
    init?(_ line: some StringProtocol) {
        let words = line.split(separator: " ")
        guard words.count >= 3, let kind = ItemKind(rawValue: String(words[1])) else { return nil }
        let item = ItemName(kind, String(words[2]))
        switch (words[0], words.count) {
        case ("lease", 4):
            guard let end = Int64(words[3]) else { return nil }
            self = .lease(item, until: end)
        case ("hold", 3): self = .hold(item)
        case ("drop", 3): self = .drop(item)
        default: return nil
        }
    }
}

enum PinnedItems {
    /// What any process pins, those that died and were not yet cleared away included: a step of theirs may still run.
    /// The caller holds the lock of the pins alone.
    static func all(in root: FilePath, now: Int64) throws -> Set<ItemName> {
        let run = root.appending("run")
        var pinned: Set<ItemName> = []
        for name in try Directory(run).names() where !name.starts(with: ".".utf8) {
            let path = run.appending(String(decoding: name, as: UTF8.self)).appending(Pins.fileName)
            do {
                guard let bytes = try Disk.read(path, atMost: Pins.fileBytesMax) else { continue }
                pinned.formUnion(items(of: bytes, now: now))
            } catch StoreError.system(_, _, .notDirectory) { continue }
        }
        return pinned
    }

    static func items(of bytes: [UInt8], now: Int64) -> Set<ItemName> {
        var leased: Set<ItemName> = []
        var held: Set<ItemName> = []
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            switch PinLine(String(decoding: line, as: UTF8.self)) {
            case .lease(let item, let end): if end > now { leased.insert(item) }
            case .hold(let item): held.insert(item)
            case .drop(let item): held.remove(item)
            case nil: continue
            }
        }
        return leased.union(held)
    }
}
