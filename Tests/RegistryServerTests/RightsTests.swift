// Who may do what: anonymous callers, users, tokens, certificates, and every way to be refused.
import BlobStore
import Digests
import Foundation
import HTTPMessages
import HTTPTypes
import Synchronization
import Testing

@testable import RegistryServer

@Suite struct `Rights` {
    let scratch: Scratch
    let registry: CalledRegistry

    private static let everything = Set(RegistryAction.allCases)

    private static func record(_ user: String, _ token: String) throws -> TokenRecord {
        try #require(TokenRecord(user: user, hash: BlobDigest(of: Array(token.utf8)).hex))
    }

    init() throws {
        scratch = try Scratch()
        var settings = RightsSettings()
        settings.tokens = try [("ann", "right horse"), ("bot", "long-token")].map { try Self.record($0, $1) }
        settings.grants = [
            .init(who: .anyone, actions: [.pull], repos: repos("open/*")),
            .init(who: .user("ann"), actions: Self.everything, repos: repos("team/**")),
            .init(who: .user("bot"), actions: [.pull, .push], repos: repos("team/bot")),
            .init(who: .certificate("node-1"), actions: [.pull], repos: repos("**")),
            .init(who: .anyoneKnown, actions: [.pull], repos: repos("known")),
        ]
        registry = scratch.registry(
            rights: SettingsRights(settings, certificateNames: { [String(decoding: $0, as: UTF8.self)] }))
        let contents = scratch.contents
        for repo in ["open/app", "team/app", "team/bot", "known", "hidden"].compactMap({ RepoName($0) }) {
            try scratch.store.blobs.write { try $0.append(Array("x".utf8)) }
            try contents.link(BlobDigest(of: Array("x".utf8)), to: repo)
        }
    }

    private func basic(_ text: String) -> HTTPFields {
        [.authorization: "Basic " + Data(text.utf8).base64EncodedString()]
    }

    private func pull(_ repo: String, _ fields: HTTPFields = [:], caller: Caller = CalledRegistry.caller) async -> Int {
        await registry(.get, "/v2/\(repo)/blobs/\(BlobDigest(of: Array("x".utf8)))", fields, caller: caller).status
    }

    private func push(_ repo: String, _ fields: HTTPFields = [:]) async -> Int {
        await registry(.post, "/v2/\(repo)/blobs/uploads/", fields).status
    }

    @Test func `let strangers pull only where settings say so`() async {
        #expect(await pull("open/app") == 200)
        #expect(await push("open/app") == 401)
        #expect(await pull("team/app") == 401)
        #expect(await pull("hidden") == 401)
        #expect(await pull("none") == 401, "whether it exists shows nowhere")
    }

    @Test func `let users do what settings say`() async {
        let ann = basic("ann:right horse")
        #expect(await pull("team/app", ann) == 200)
        #expect(await push("team/app", ann) == 202)
        #expect(await push("team/a/b", ann) == 202, "a star is for slashes, too")
        #expect(await pull("open/app", ann) == 200)
        #expect(await pull("known", ann) == 200)
        #expect(await pull("hidden", ann) == 403)
        #expect(await push("other", ann) == 403)
    }

    @Test func `refuse wrong credentials everywhere`() async {
        let wrong: [HTTPFields] = [
            basic("ann:right horse "), basic("ann:"), basic("nobody:right horse"), basic(":right horse"),
            [.authorization: "Basic ***"], [.authorization: "Bearer nothing"], [.authorization: "Digest x"],
            [.authorization: "Bearer"], basic("ann:" + String(repeating: "x", count: 2_000)),
            [.authorization: "Basic " + String(repeating: "A", count: 20_000)], basic("bot:right horse"),
            basic("ann:long-token"),
        ]
        for fields in wrong {
            #expect(await pull("open/app", fields) == 401, "\(fields)")
            #expect(await registry(.get, "/v2/", fields).status == 401, "\(fields)")
            #expect(await registry(.get, "/v2/token", fields).status == 401, "\(fields)")
        }
        #expect(registry.service.counters.refusedByRights == wrong.count * 3)
    }

    @Test func `know tokens, as such and as passwords`() async {
        #expect(await push("team/bot", [.authorization: "Bearer long-token"]) == 202)
        #expect(await push("team/bot", [.authorization: "bearer long-token"]) == 202)
        #expect(await push("team/bot", basic("bot:long-token")) == 202)
        #expect(await push("team/app", [.authorization: "Bearer long-token"]) == 403)
    }

    @Test func `know certificates by the name in them`() async {
        let node = Caller(address: "10.0.0.1:1", certificate: Array("node-1".utf8))
        #expect(await pull("hidden", caller: node) == 200)
        let other = Caller(address: "10.0.0.1:1", certificate: Array("node-2".utf8))
        #expect(await pull("hidden", caller: other) == 403)
        #expect(await pull("known", caller: other) == 200)
    }

    private struct Token: Decodable {
        let token: String
        let access_token: String
        let expires_in: Int
    }

    private func token(_ fields: HTTPFields = [:]) async throws -> Token {
        let reply = await registry(.get, "/v2/token?service=weft&scope=repository:team/app:pull,push", fields)
        try #require(reply.status == 200)
        #expect(reply.fields[.cacheControl] == "no-store")
        return try JSONDecoder().decode(Token.self, from: Data(reply.bytes))
    }

    /// As docker and skopeo go about it.
    @Test func `give tokens for passwords, and one that stands for nobody`() async throws {
        let first = await registry(.get, "/v2/")
        #expect(first.status == 401)
        #expect(first.fields[.wwwAuthenticate] == "Bearer realm=\"http://node:5080/v2/token\",service=\"weft\"")
        let stranger: HTTPFields = [.authorization: "Bearer " + (try await token().token)]
        #expect(await registry(.get, "/v2/", stranger).status == 200)
        #expect(await pull("open/app", stranger) == 200)
        let refused = await registry(.post, "/v2/team/app/blobs/uploads/", stranger)
        #expect(refused.status == 401)
        #expect(refused.fields[.wwwAuthenticate]?.hasSuffix("scope=\"repository:team/app:pull,push\"") == true)
        let ann = try await token(basic("ann:right horse"))
        #expect(ann.token == ann.access_token)
        #expect(await push("team/app", [.authorization: "Bearer " + ann.token]) == 202)
        #expect(await push("other", [.authorization: "Bearer " + ann.token]) == 403)
    }

    @Test func `let tokens end`() async throws {
        let time = Mutex(ContinuousClock.now)
        var settings = RightsSettings()
        settings.tokens = [try Self.record("ann", "p")]
        let rights = SettingsRights(settings, now: { time.withLock { $0 } })
        func asker(_ header: String) -> RegistryAsker {
            RegistryAsker(caller: CalledRegistry.caller, authorization: header, origin: nil)
        }
        let token = try #require(await rights.token(for: asker("Basic " + Data("ann:p".utf8).base64EncodedString())))
        #expect(await rights.may(.pull, nil, asker("Bearer " + token.text)) == .allowed)
        time.withLock { $0 += .seconds(token.seconds) }
        #expect(await rights.may(.pull, nil, asker("Bearer " + token.text)) != .allowed)
    }

    @Test func `mount only what the caller may pull`() async throws {
        let digest = BlobDigest(of: Array("x".utf8))
        let ann = basic("ann:right horse")
        let path = "/v2/team/new/blobs/uploads/?mount=\(digest)&from="
        #expect(await registry(.post, path + "hidden", ann).status == 202, "an upload begins, as if it were not there")
        #expect(await registry(.get, "/v2/team/new/blobs/\(digest)", ann).status == 404)
        #expect(await registry(.post, path + "open/app", ann).status == 201)
    }

    @Test func `send only hosts back that are hosts`() async {
        let head = HTTPRequest(method: .get, scheme: "https", authority: "a\"b", path: "/v2/")
        let response = await registry.service.answer(
            ServedRequest(head: head, body: Body([]), caller: CalledRegistry.caller))
        #expect(response.head.headerFields[.wwwAuthenticate] == "Basic realm=\"weft\"")
    }

    @Test func `need delete for deleting`() async {
        let path = "/v2/team/bot/blobs/\(BlobDigest(of: Array("x".utf8)))"
        #expect(await registry(.delete, path, [.authorization: "Bearer long-token"]).status == 403)
        #expect(await registry(.delete, path, basic("ann:right horse")).status == 202)
    }
}

@Suite struct `Tokens that are kept` {
    @Test func `are known by their hash`() throws {
        let hash = [UInt8](0..<32)
        let record = try #require(TokenRecord(user: "ann", hash: Hexadecimal.text(hash)))
        #expect(record.isRight(hash))
        #expect(!record.isRight(hash.reversed()))
        #expect(!record.isRight([]))
    }

    @Test(arguments: ["", "abc", String(repeating: "A", count: 64), String(repeating: "a", count: 66)])
    func `have no other form`(text: String) { #expect(TokenRecord(user: "ann", hash: text) == nil) }
}
