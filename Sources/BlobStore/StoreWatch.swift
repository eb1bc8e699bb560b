// What the store holds, told as it comes and goes, whichever process brings or takes it.
import CLinux
package import Digests
import Glibc
import Layers
import Synchronization
import SystemPackage

// Safety: buffers and C strings live for one call.

package final class StoreWatch: Sendable {
    package enum Item: Hashable, Sendable {
        case step(StageDigest)
        case layer(BlobDigest)
        case blob(BlobDigest)
    }

    package struct News: Hashable, Sendable {
        package var held: [Item] = []
        package var dropped: [Item] = []
    }

    /// Blobs of fewer bytes are not told of: files of contexts come by the hundred thousand.
    package static let blobBytesMin: Int64 = 64 << 10
    /// Bytes of events that are read at once; the longest event has 16 and a name of 255.
    private static let eventBytes = 64 << 10
    private static let eventHeadBytes = 16

    private enum Folder: CaseIterable {
        case steps, layers, blobs
    }

    private struct State {
        var known: Set<Item> = []
        /// Everything is looked at anew: at first, and when events were lost.
        var isBlind = true
    }

    private let store: Store
    private let watch: FileDescriptor
    private let folders: [CInt: Folder]
    private let state = Mutex(State())

    package init(_ store: Store) throws {
        self.store = store
        let code = linux_folder_watch()
        guard code >= 0 else { throw StoreError(Errno(rawValue: -code), "watch", store.root) }
        watch = FileDescriptor(rawValue: code)
        var folders: [CInt: Folder] = [:]
        for folder in Folder.allCases {
            let path = Self.path(folder, of: store)
            let number = unsafe path.withPlatformString { unsafe linux_watch_folder(code, $0) }
            guard number >= 0 else {
                try? watch.close()
                throw StoreError(Errno(rawValue: -number), "watch", path)
            }
            folders[number] = folder
        }
        self.folders = folders
    }

    deinit { try? watch.close() }

    private static func path(_ folder: Folder, of store: Store) -> FilePath {
        switch folder {
        case .steps: store.steps.path
        case .layers: store.layers.path
        case .blobs: store.blobs.path
        }
    }

    /// What changed since the last call; at the first one, everything that is held. Blocks while it looks at the disk.
    package func news() throws -> News {
        try state.withLock { state in
            var touched = try touched(&state)
            if state.isBlind {
                touched = state.known
                for folder in Folder.allCases { touched.formUnion(try items(in: folder)) }
                state.isBlind = false
            }
            var news = News()
            for item in touched {
                if isHeld(item) {
                    if state.known.insert(item).inserted { news.held.append(item) }
                } else if state.known.remove(item) != nil {
                    news.dropped.append(item)
                }
            }
            return news
        }
    }

    private func items(in folder: Folder) throws -> [Item] {
        try Directory(Self.path(folder, of: store)).names().compactMap { Self.item(folder, $0) }
    }

    /// Nil for locks and whatever else lies there.
    private static func item(_ folder: Folder, _ name: [UInt8]) -> Item? {
        let text = String(decoding: name, as: UTF8.self)
        return switch folder {
        case .steps: StageDigest(text).map { .step($0) }
        case .layers: BlobDigest(hex: text).map { .layer($0) }
        case .blobs: BlobDigest(hex: text).map { .blob($0) }
        }
    }

    private func isHeld(_ item: Item) -> Bool {
        switch item {
        case .step(let digest): Disk.size(store.steps.path.appending(digest.hex)) != nil
        case .layer(let diffID): store.layers.isWhole(diffID)
        case .blob(let digest): (store.blobs.size(digest) ?? 0) >= Self.blobBytesMin
        }
    }

    /// Names of which events tell.
    private func touched(_ state: inout State) throws -> Set<Item> {
        var touched: Set<Item> = []
        while true {
            let bytes = try events()
            if bytes.isEmpty { return touched }
            var place = 0
            while place + Self.eventHeadBytes <= bytes.count {
                let number = CInt(bitPattern: Self.word(bytes, place))
                let nameBytes = Int(Self.word(bytes, place + 12))
                place += Self.eventHeadBytes
                let name = bytes[place..<min(place + nameBytes, bytes.count)].prefix { $0 != 0 }
                place += nameBytes
                if number < 0 { state.isBlind = true }
                if let folder = folders[number], let item = Self.item(folder, Array(name)) { touched.insert(item) }
            }
        }
    }

    /// Whole events; empty when there is none.
    private func events() throws -> [UInt8] {
        do {
            return try unsafe [UInt8](unsafeUninitializedCapacity: Self.eventBytes) { buffer, count in
                count = try unsafe watch.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
        } catch Errno.wouldBlock {
            return []
        } catch { throw StoreError(error, "watch", store.root) }
    }

    private static func word(_ bytes: [UInt8], _ place: Int) -> UInt32 {
        unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: place, as: UInt32.self) }
    }
}
