// Lists of a node and its peers together: the same on every node, from peers that are near, slow, wrong or gone.
import Digests
import Foundation
import HTTPTypes
import Images
import Synchronization
import Testing

@testable import RegistryServer

@Suite struct `Lists of the mesh` {
    let scratch: Scratch
    let elsewhere = Elsewhere()

    init() throws { scratch = try Scratch() }

    /// `timeMax`: for peers; nil: as long as they need.
    private func registry(
        _ peers: ListedPeer..., rights: (any RegistryRights)? = nil, timeMax: Duration? = nil
    ) -> CalledRegistry {
        elsewhere.change { $0.peers = peers.map(\.source) }
        var limits = RegistryLimits.patient
        if let timeMax { limits.listTimeMax = timeMax }
        return scratch.registry(rights: rights, missing: elsewhere, limits: limits)
    }

    /// Tags of `app`.
    private func put(_ tags: [String], in scratch: Scratch) async throws {
        let image = TestImage("app")
        await scratch.registry().push(image, to: "app", tag: tags[0])
        let manifest = try StoredManifest(image.manifest.bytes, contentType: nil)
        for tag in tags.dropFirst() { try scratch.contents.put(manifest, tag: tag, to: #require(RepoName("app"))) }
    }

    @Test func `are the same on every node, however they are cut into pages`() async throws {
        let others = [try Scratch(), try Scratch()]
        let tags = [["a", "v1", "v1.0", "z"], ["_x", "v1", "v10"], ["Z", "v1-0", "z"]]
        for (scratch, tags) in zip([scratch] + others, tags) { try await put(tags, in: scratch) }
        await others[0].registry().push(TestImage("x"), to: "of/b", tag: "v1")
        await others[1].registry().push(TestImage("x"), to: "of/c", tag: "v1")
        let nodes = ([scratch] + others).map { $0.registry() }
        let all = Set(tags.joined()).sorted()
        for own in nodes.indices {
            let elsewhere = Elsewhere()
            elsewhere.change { state in
                state.peers = nodes.indices.filter { $0 != own }.map { ListedPeer.registry("\($0)", nodes[$0]).source }
            }
            let node = ([scratch] + others)[own].registry(missing: elsewhere)
            for count in 1...(all.count + 1) {
                let pages = try await node.pages("/v2/app/tags/list?n=\(count)")
                #expect(pages.flatMap(\.self) == all)
                #expect(pages.dropLast().allSatisfy { $0.count == count })
                #expect(pages.last?.isEmpty == false, "no page is asked for in vain")
                #expect(try await node.pages("/v2/_catalog?n=\(count)").flatMap(\.self) == ["app", "of/b", "of/c"])
            }
            #expect(try await node.pages("/v2/of/b/tags/list") == [["v1"]])
            #expect(try await node.pages("/v2/of/b/tags/list?n=0") == [[]])
            #expect(await node(.get, "/v2/of/nobody/tags/list").code == "NAME_UNKNOWN")
        }
    }

    @Test func `of 100,000 tags come page by page, and peers are asked for no more than a page`() async throws {
        let tags = (0..<100_000).map { "v\(1_000_000 + $0)" }
        let peers = (0..<3).map { part in
            ListedPeer.having(tags.indices.filter { $0 % 3 == part }.map { tags[$0] }, "\(part)")
        }
        let node = registry(peers[0], peers[1], peers[2])
        let first = try await node.pages("/v2/app/tags/list?n=50&last=v1099979")
        #expect(first == [Array(tags.suffix(20))])
        #expect(peers[0].asked == ["/v2/app/tags/list?n=51&last=v1099979"])
        let pages = try await node.pages("/v2/app/tags/list")
        #expect(pages.count == 100 && pages.flatMap(\.self) == tags)
        #expect(peers.allSatisfy { $0.asked.count == 101 })
    }

    @Test func `come without a peer that does not answer, and it is left alone then`() async throws {
        try await put(["v1"], in: scratch)
        let (silent, broken) = (ListedPeer.silent(), ListedPeer("broken") { _, _ in throw Unreachable() })
        let node = registry(silent, broken, .having(["v2"]), timeMax: .seconds(3))
        let start = ContinuousClock.now
        for _ in 0..<3 { #expect(try await node.pages("/v2/app/tags/list") == [["v1", "v2"]]) }
        #expect(.now - start < .seconds(1_800), "the silent one would take an hour")
        #expect(silent.asked.count == 1 && broken.asked.count == 1)
        let log = scratch.log.lines.withLock { $0 }
        #expect(log.count == 2, "\(log)")
        #expect(log.contains("peer silent is left out of lists: it did not answer in time"), "\(log)")
    }

    @Test func `have no names of a peer that are none, or were not asked for`() async throws {
        let long = String(repeating: "v", count: ImageReference.tagBytesMax + 1)
        let wrong = ["v1", "../x", "v 1", "", "-v", long, "v1", "c", "a", "b\n"]
        let node = registry(.answering(wrong))
        #expect(try await node.pages("/v2/app/tags/list") == [["a", "c", "v1"]])
        #expect(try await node.pages("/v2/app/tags/list?last=b&n=1") == [["c"], ["v1"]])
        #expect(
            try await node.pages("/v2/_catalog") == [["a", "c", "v1", long]])
    }

    @Test func `end though a peer says again and again that names follow`() async throws {
        #expect(try await registry(.answering(["v1"], hasMore: true)).pages("/v2/app/tags/list") == [["v1"]])
        #expect(try await registry(.answering([], hasMore: true)).pages("/v2/app/tags/list") == [[]])
    }

    @Test(arguments: ["", "[]", "{", #"{"tags":[1],"name":""}"#, #"{"tags":{},"name":""}"#, #"{"repositories":"x"}"#])
    func `come without a peer whose answer can't be read`(text: String) async throws {
        try await put(["v1"], in: scratch)
        let node = registry(ListedPeer("odd") { _, _ in ListAnswer(bytes: Array(text.utf8), hasMore: true) })
        #expect(try await node.pages("/v2/app/tags/list") == [["v1"]])
        #expect(
            scratch.log.lines.withLock { $0 } == ["peer odd is left out of lists: its answer is not what was asked for"]
        )
    }

    @Test func `ask with any last name in one form`() async throws {
        let peer = ListedPeer.having(["v1"])
        let long = String(repeating: "a", count: 1_000)
        #expect(try await registry(peer).pages("/v2/app/tags/list?last=a%26n%3D7%20%2B%C3%A9&n=1") == [["v1"]])
        #expect(peer.asked == ["/v2/app/tags/list?n=2&last=a%26n%3d7%20%2b%c3%a9"])
        #expect(try await registry(peer).pages("/v2/app/tags/list?last=\(long)") == [["v1"]])
        #expect(peer.asked.allSatisfy { $0.utf8.count < RequestQuery.bytesMax })
    }

    // MARK: Rights

    @Test func `name in the catalog only what the caller may pull, whoever has it`() async throws {
        let secret = (0..<2_500).map { "secret/r\(10_000 + $0)" }
        let peer = ListedPeer.having((["open/a", "open/b", "zopen"] + secret).sorted())
        var settings = RightsSettings()
        settings.grants = ["open/*", "zopen"].map { .init(who: .anyone, actions: [.pull], repos: repos($0)) }
        let node = registry(peer, rights: SettingsRights(settings))
        #expect(try await node.pages("/v2/_catalog?n=2") == [["open/a", "open/b"], ["zopen"]])
        #expect(try await node.pages("/v2/_catalog?n=3") == [["open/a", "open/b", "zopen"]])
        #expect(peer.asked.count <= 12, "names that are passed over come in whole pages")
        #expect(await node(.get, "/v2/secret/r10000/tags/list").status == 403)
        #expect(peer.asked.allSatisfy { $0.hasPrefix("/v2/_catalog") }, "without the right nobody is asked")
    }

    @Test func `are refused to who asks for too many at once`() async throws {
        var limits = RegistryLimits.patient
        limits.listsPerAddressMax = 1
        let gate = Mutex<CheckedContinuation<Void, Never>?>(nil)
        elsewhere.change { state in
            state.peers = [
                ListSource(.peer("slow")) { _, _ in
                    await withCheckedContinuation { continuation in gate.withLock { $0 = continuation } }
                    return nil
                }
            ]
        }
        let node = scratch.registry(missing: elsewhere, limits: limits)
        async let first = node(.get, "/v2/_catalog")
        while gate.withLock({ $0 == nil }) { await Task.yield() }
        #expect(await node(.get, "/v2/_catalog").status == 429)
        gate.withLock { $0?.resume() }
        #expect(await first.status == 200)
    }

    // MARK: Upstreams

    @Test func `are the upstream's while it can be asked, and what is known of them when not`() async throws {
        let peer = try Scratch()
        let image = TestImage("base")
        elsewhere.add(image, to: "hub/base", tag: "seen")
        elsewhere.change { $0.upstreamTags["hub/base"] = ["new", "other"] }
        let node = registry(.registry("b", peer.registry()))
        #expect(await node(.get, "/v2/hub/base/manifests/seen").status == 200)
        // Another node has seen another tag, and was given one.
        let there = Elsewhere()
        there.add(image, to: "hub/base", tag: "there")
        #expect(await peer.registry(missing: there)(.get, "/v2/hub/base/manifests/there").status == 200)
        await peer.registry().push(image, to: "hub/base", tag: "pushed")

        #expect(try await node.pages("/v2/hub/base/tags/list") == [["new", "other", "pushed"]])
        #expect(await node(.get, "/v2/hub/base/tags/list").fields[.warning] == nil)
        elsewhere.change { $0.isUnreachable = true }
        #expect(try await node.pages("/v2/hub/base/tags/list?n=2") == [["pushed", "seen"], ["there"]])
        #expect(await node(.get, "/v2/hub/base/tags/list").fields[.warning]?.hasPrefix("110") == true)
        #expect(await node(.get, "/v2/hub/none/tags/list").status == 503)
    }

    @Test func `show no tag that was removed where it was pushed, though others have pulled it`() async throws {
        let peer = try Scratch()
        elsewhere.add(TestImage("x"), to: "app", tag: "gone")
        #expect(await peer.registry(missing: elsewhere)(.get, "/v2/app/manifests/gone").status == 200)
        try await put(["v1"], in: scratch)
        #expect(try await registry(.registry("b", peer.registry())).pages("/v2/app/tags/list") == [["v1"]])
    }
}
