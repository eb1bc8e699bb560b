// Peers that are asked for lists: another registry, names that were made up, or a stranger who answers what it likes.
import Foundation
import HTTPTypes
import Synchronization

@testable import RegistryServer

/// Writes down what it is asked.
final class ListedPeer: Sendable {
    let name: String
    private let questions = Mutex<[String]>([])
    private let answer: ListSource.Get

    init(_ name: String, answer: @escaping ListSource.Get) { (self.name, self.answer) = (name, answer) }

    var asked: [String] { questions.withLock { $0 } }

    var source: ListSource {
        ListSource(.peer(name)) { path, bytesMax in
            self.questions.withLock { $0.append(path) }
            return try await self.answer(path, bytesMax)
        }
    }

    /// A registry as other nodes see it.
    static func registry(_ name: String, _ registry: CalledRegistry) -> ListedPeer {
        ListedPeer(name) { path, bytesMax in
            let reply = await registry(.get, path)
            if reply.status == 404 { return nil }
            guard reply.status == 200, reply.bytes.count <= bytesMax else { throw Unreachable() }
            return ListAnswer(bytes: reply.bytes, hasMore: reply.fields[.link] != nil)
        }
    }

    /// Has these names in every list, which are sorted.
    static func having(_ names: [String], _ name: String = "peer") -> ListedPeer {
        ListedPeer(name) { path, _ in
            let page = try Page(RequestQuery(path))
            let found = ListPage(names, after: page.last, count: page.count)
            return ListAnswer(bytes: try json(found.entries.map(\.name)), hasMore: found.hasMore)
        }
    }

    static func answering(_ names: [String], hasMore: Bool = false, _ name: String = "peer") -> ListedPeer {
        ListedPeer(name) { _, _ in ListAnswer(bytes: try json(names), hasMore: hasMore) }
    }

    static func silent(_ name: String = "silent") -> ListedPeer {
        ListedPeer(name) { _, _ in
            try await Task.sleep(for: .seconds(3_600))
            return nil
        }
    }

    /// Good for both lists of names.
    private static func json(_ names: [String]) throws -> [UInt8] {
        struct Document: Encodable {
            let name = "app"
            let tags: [String]
            let repositories: [String]
        }
        return try Document(tags: names, repositories: names).json
    }
}

extension CalledRegistry {
    private struct Names: Decodable {
        let tags: [String]?
        let repositories: [String]?
        var all: [String] { tags ?? repositories ?? [] }
    }

    /// All pages, by following the links.
    func pages(_ path: String) async throws -> [[String]] {
        var (next, pages): (String?, [[String]]) = (path, [])
        while let path = next {
            let reply = await self(.get, path)
            guard reply.status == 200 else { throw Refused(text: "\(path): \(reply.text)") }
            pages.append(try JSONDecoder().decode(Names.self, from: Data(reply.bytes)).all)
            next = try reply.fields[.link].map { link in
                guard link.hasPrefix("</v2/"), link.hasSuffix(">; rel=\"next\"") else { throw Refused(text: link) }
                return String(link.dropFirst().prefix { $0 != ">" })
            }
        }
        return pages
    }

    struct Refused: Error {
        let text: String
    }
}
