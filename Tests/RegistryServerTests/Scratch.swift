// A temporary folder with a store, and a registry over it that is called with values.
import BlobStore
import Digests
import Foundation
import Glibc
import HTTPMessages
import HTTPTypes
import Images
import Layers
import Synchronization
import SystemPackage
import Testing

@testable import RegistryServer

final class Scratch: Sendable {
    let path: FilePath
    let store: Store
    let log: Log
    private static let hasLocale = unsafe setlocale(LC_CTYPE, "C.UTF-8") != nil

    final class Log: Sendable {
        let lines = Mutex<[String]>([])
    }

    init() throws {
        #expect(Self.hasLocale)
        let (path, log) = (FilePath("/tmp/weft-test-\(UInt64.random(in: .min ... .max))"), Log())
        try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: false)
        (self.path, self.log) = (path, log)
        store = try Store(root: path.appending("store")) { line in log.lines.withLock { $0.append(line) } }
    }

    deinit { try? FileManager.default.removeItem(atPath: path.string) }

    var contents: StoredContents { StoredContents(store: store, cores: 2) }

    /// A registry where everybody may do everything, unless `rights` says otherwise.
    func registry(
        rights: (any RegistryRights)? = nil, missing: (any MissingContents)? = nil,
        limits: RegistryLimits = .patient, upstreams: Set<String> = [],
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) -> CalledRegistry {
        let log = log
        return CalledRegistry(
            service: RegistryService(
                contents: contents, missing: missing, rights: rights ?? SettingsRights(.open), limits: limits,
                upstreams: upstreams, threads: globalConcurrentExecutor, now: now,
                log: { line in log.lines.withLock { $0.append(line) } }))
    }

    /// Files that a killed process would leave behind, without its lock.
    func unfinished() throws -> [String] {
        try Directory(store.work.path).names().map { String(decoding: $0, as: UTF8.self) }.filter { $0 != "lock" }
    }

    /// Everything under the store's folder but work areas, and everything beside the store.
    func files() throws -> Set<String> {
        let all = try FileManager.default.subpathsOfDirectory(atPath: path.string)
        return Set(all.filter { !$0.hasPrefix("store/run") && !$0.hasSuffix(".lock") })
    }
}

extension RightsSettings {
    static var open: RightsSettings {
        var settings = RightsSettings()
        settings.grants = [.init(who: .anyone, actions: Set(RegistryAction.allCases), repos: repos("**"))]
        return settings
    }
}

/// What came back, body and all.
struct Reply {
    let status: Int
    let fields: HTTPFields
    let bytes: [UInt8]
    /// The body broke off.
    let failure: String?

    var text: String { String(decoding: bytes, as: UTF8.self) }
    /// The code of the first error.
    var code: String? {
        struct Document: Decodable {
            struct Entry: Decodable { let code: String }
            let errors: [Entry]
        }
        return try? JSONDecoder().decode(Document.self, from: Data(bytes)).errors.first?.code
    }
}

struct CalledRegistry: Sendable {
    let service: RegistryService

    static let caller = Caller(address: "127.0.0.1:4711", certificate: nil)

    func response(
        _ method: HTTPRequest.Method, _ path: String, _ fields: HTTPFields = [:], body: Body = Body([]),
        caller: Caller = caller
    ) async -> ServedResponse {
        let head = HTTPRequest(method: method, scheme: "http", authority: "node:5080", path: path, headerFields: fields)
        return await service.answer(ServedRequest(head: head, body: body, caller: caller))
    }

    func callAsFunction(
        _ method: HTTPRequest.Method, _ path: String, _ fields: HTTPFields = [:], body: [UInt8] = [],
        caller: Caller = caller
    ) async -> Reply {
        await Self.read(await response(method, path, fields, body: Body(body), caller: caller))
    }

    static func read(_ response: ServedResponse) async -> Reply {
        var bytes: [UInt8] = []
        var failure: String?
        do {
            switch response.body {
            case .none: break
            case .bytes(let all): bytes = all
            case .file(let part): bytes = try read(part)
            case .stream(let length, let make):
                bytes = try await read(make)
                if let length, Int64(bytes.count) != length { failure = "\(bytes.count) bytes of \(length)" }
            }
        } catch let broken as BrokenBody { (bytes, failure) = (broken.bytes, broken.reason) } catch {
            failure = "\(error)"
        }
        return Reply(
            status: response.head.status.code, fields: response.head.headerFields, bytes: bytes, failure: failure)
    }

    private struct BrokenBody: Error {
        let bytes: [UInt8]
        let reason: String
    }

    private static func read(_ part: FilePart) throws -> [UInt8] {
        try unsafe [UInt8](unsafeUninitializedCapacity: Int(part.count)) { buffer, count in
            while count < part.count {
                let rest = unsafe UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
                let read = try unsafe FileDescriptor(rawValue: part.descriptor).read(
                    fromAbsoluteOffset: part.offset + Int64(count), into: rest)
                guard read > 0 else { return }
                count += read
            }
        }
    }

    private static func read(_ make: @escaping @Sendable (Body) async throws -> Void) async throws -> [UInt8] {
        let body = Body()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await make(body)
                    body.finish()
                } catch { body.fail(error) }
            }
            var bytes: [UInt8] = []
            do {
                while let piece = try await body.next() { bytes += piece }
            } catch { throw BrokenBody(bytes: bytes, reason: "\(error)") }
            return bytes
        }
    }
}

extension RegistryLimits {
    /// Peers may take as long as a busy machine needs.
    static let patient: RegistryLimits = {
        var limits = RegistryLimits()
        limits.listTimeMax = .seconds(300)
        limits.listRest = .seconds(3_600)
        return limits
    }()
}
