// The form of the store's small records: a line that names kind, version, length and checksum, then the contents.
import Digests
import SystemPackage

/// What cannot be read back whole counts as absent, with the reason told to `log`.
struct SealedRecord: Sendable {
    let kind: String
    let version: Int
    /// Bytes of the contents.
    let bytesMax: Int
    /// Seconds between two notes of its use (`Disk.read`); nil: none is kept.
    var useInterval: Int64?
    let log: @Sendable (String) -> Void

    /// Bytes of the first line.
    private static let headBytesMax = 256

    func sealed(_ body: [UInt8]) throws(StoreError) -> [UInt8] {
        guard body.count <= bytesMax else {
            throw .tooLarge(what: "a record of kind \(kind)", byteCount: Int64(body.count), allowed: Int64(bytesMax))
        }
        return head(of: body) + body
    }

    private func head(of body: [UInt8]) -> [UInt8] {
        Array("weft-\(kind) \(version) \(body.count) \(BlobDigest(of: body))\n".utf8)
    }

    /// The same record, looked at without being used.
    var unnoted: SealedRecord {
        var copy = self
        copy.useInterval = nil
        return copy
    }

    /// Nil when there is none, or none that is whole.
    func read(_ path: FilePath) -> [UInt8]? {
        do {
            return try readUnlessFailing(path)
        } catch { return reject(path, "\(error)") }
    }

    /// The same, where a file that can't be read is an error: only what is not whole counts as absent.
    func readUnlessFailing(_ path: FilePath) throws -> [UInt8]? {
        guard let bytes = try Disk.read(path, atMost: bytesMax + Self.headBytesMax, noting: useInterval) else {
            return nil
        }
        guard let end = bytes.prefix(Self.headBytesMax).firstIndex(of: UInt8(ascii: "\n")) else {
            return reject(path, "it has no first line")
        }
        let body = Array(bytes[(end + 1)...])
        guard bytes[...end].elementsEqual(head(of: body)) else {
            return reject(path, "its contents are not those that its first line tells")
        }
        return body
    }

    func reject(_ path: FilePath, _ reason: String) -> [UInt8]? {
        log("the record \(path.string) is damaged and taken as absent: \(reason)")
        return nil
    }
}
