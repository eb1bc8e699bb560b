// The form of a publication: read as it was written, or not at all.
import Digests
import MeshSimulation
import Testing

@testable import Ledgers

@Suite struct `The text of a publication` {
    private func read(_ bytes: [UInt8], _ publication: Publication) throws -> Publication {
        try Publication(bytes, id: publication.id, state: publication.state)
    }

    @Test func `is read as it was written`() throws {
        let parent = Samples.publication("parent")
        let image = Samples.publication("x").image
        for publication in [
            Samples.publication("a"),
            Samples.publication("a", parents: [parent.asParent, parent.asParent], state: .tagged),
            Samples.publication("a", origin: .tag, state: .rejected),
            Publication(id: Samples.id("a", 1), nonce: "n", image: image),
            Publication(
                id: Samples.id("a", 1), nonce: "n",
                image: .init(manifestBytes: Array("\n\n\u{0}\n".utf8), config: image.config, diffIDs: [])),
            Publication(
                id: Samples.id("a", 1), nonce: "n", image: .init(manifestBytes: [], config: image.config, diffIDs: [])),
        ] {
            let isSame = try read(publication.text(), publication) == publication
            #expect(isSame, "\(publication.nonce)")
        }
    }

    @Test func `never changes`() throws {
        let config = BlobDigest(of: [])
        let publication = Publication(
            id: Samples.id("a", 1_700_000_000_000), nonce: "6f1c",
            image: .init(manifestBytes: Array("{}".utf8), config: config, diffIDs: [config]),
            parents: [.init(id: Samples.id("p", 1), manifest: config)], commits: ["9f3e"],
            author: .init(name: "ci", class: "main"), state: .won)
        let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        let text = String(decoding: try publication.text(), as: UTF8.self)
        let expected = """
            weft-publication 1
            nonce 6f1c
            config \(empty)
            layer \(empty)
            parent \(Samples.digest("p"))-0000000000001 \(empty)
            commit 9f3e
            publisher ci
            class main
            origin proposal
            manifest sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a 2

            {}
            """
        #expect(text == expected)
    }

    @Test func `of a newer weft is called that`() throws {
        let publication = Samples.publication("a")
        var bytes = try publication.text()
        bytes.replaceSubrange(0..<18, with: Array("weft-publication 2".utf8))
        #expect(throws: LedgerError.newer("the publication \(publication.id)", version: 2)) {
            try read(bytes, publication)
        }
    }

    @Test func `with anything changed is another one, or none`() throws {
        var random = SeededGenerator(seed: 7)
        let publication = Samples.publication("a", parents: [Samples.publication("p").asParent])
        let text = try publication.text()
        for _ in 0..<5_000 {
            var bytes = text
            for _ in 0...random.below(3) where !bytes.isEmpty {
                let place = random.below(bytes.count)
                switch random.below(4) {
                case 0: bytes[place] = UInt8(random.below(256))
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(random.pick(text), at: place)
                default: bytes = Array(bytes[..<place])
                }
            }
            guard let found = try? read(bytes, publication) else { continue }
            let isSame = try found.text() == bytes
            #expect(isSame, "it was read, and is written otherwise: \(String(decoding: bytes, as: UTF8.self))")
        }
    }

    @Test func `is refused where it is too large`() {
        let digest = BlobDigest(of: [1])
        let image = Samples.publication("a").image
        let refused: [Publication] = [
            Publication(
                id: Samples.id("a", 1), nonce: "n",
                image: .init(
                    manifestBytes: [], config: digest,
                    diffIDs: Array(repeating: digest, count: PublicationLimits.diffIDsMax + 1))),
            Publication(
                id: Samples.id("a", 1), nonce: "n", image: image,
                parents: Array(repeating: Samples.publication("p").asParent, count: 61)),
            Publication(id: Samples.id("a", 1), nonce: "n", image: image, commits: Array(repeating: "c", count: 17)),
            Publication(id: Samples.id("a", 1), nonce: "", image: image),
            Publication(id: Samples.id("a", 1), nonce: "two words", image: image),
            Publication(id: Samples.id("a", 1), nonce: String(repeating: "n", count: 129), image: image),
            Publication(id: Samples.id("a", 1), nonce: "n", image: image, author: .init(name: "a\nb", class: "")),
        ]
        for publication in refused { #expect(throws: LedgerError.self) { try publication.text() } }
    }

    @Test func `of a manifest that is too long has its digest only`() throws {
        let bytes = [UInt8](repeating: 32, count: PublicationLimits.manifestBytesMax + 1)
        let image = Publication.Image(manifestBytes: bytes, config: BlobDigest(of: [1]), diffIDs: [])
        let publication = Publication(id: Samples.id("a", 1), nonce: "n", image: image)
        let isSame = try read(publication.text(), publication) == publication
        #expect(isSame && publication.manifest == BlobDigest(of: bytes) && image.manifestBytes.isEmpty)
    }

    @Test func `fits its bound when it is as large as can be`() throws {
        let digest = BlobDigest(of: [1])
        let word = String(repeating: "w", count: PublicationLimits.wordBytesMax)
        let largest = Publication(
            id: Samples.id("a", 1), nonce: word,
            image: .init(
                manifestBytes: [UInt8](repeating: 32, count: PublicationLimits.manifestBytesMax), config: digest,
                diffIDs: Array(repeating: digest, count: PublicationLimits.diffIDsMax)),
            parents: Array(repeating: Samples.publication("p").asParent, count: PublicationLimits.parentsMax),
            commits: Array(repeating: word, count: PublicationLimits.commitsMax), author: .init(name: word, class: word)
        )
        let text = try largest.text()
        #expect(text.count <= PublicationLimits.recordBytesMax)
        let isSame = try read(text, largest) == largest
        #expect(isSame)
    }

    @Test func `states go one way`() {
        let states: [Publication.State] = [.won, .tagged, .rejected]
        let after = states.map { state in states.map { state.marked($0) } }
        #expect(
            after == [[.won, .tagged, .rejected], [.tagged, .tagged, .rejected], [.rejected, .rejected, .rejected]])
    }
}

@Suite struct `Keys` {
    private let keys = LedgerKeys(prefix: "weft/", repo: RepoID(name: "registry.example.com/shop"))

    @Test func `name what they are of`() {
        let id = Samples.id("a", 1_700_000_000_000)
        #expect(
            String(decoding: keys.state(id), as: UTF8.self)
                == "weft/p/\(RepoID(name: "registry.example.com/shop"))/\(id.digest)/1700000000000s")
        #expect(keys.name(keys.record(id)) == .record(id) && keys.name(keys.state(id)) == .state(id))
        #expect(keys.name(keys.epoch) == nil && keys.name(keys.all) == nil && keys.name(keys.record(id) + [0]) == nil)
        let other = LedgerKeys(prefix: "weft/", repo: RepoID(name: "other"))
        #expect(other.name(keys.record(id)) == nil)
    }

    @Test func `a state is read as it was written`() {
        let manifest = BlobDigest(of: [1])
        for state: Publication.State in [.won, .tagged, .rejected] {
            #expect(StateText(StateText(manifest, state).bytes) == StateText(manifest, state))
        }
        for text in ["", "won", "\(manifest)", "\(manifest) lost", "\(manifest) won ", "sha256:0 won"] {
            #expect(StateText(Array(text.utf8)) == nil, "\(text)")
        }
    }
}

@Suite struct `The file of a digest` {
    @Test func `is read as it was written, with a greater version`() throws {
        let digest = Samples.digest("a")
        var file = PublicationFile()
        file.publications = [Samples.publication("a", at: 1), Samples.publication("a", at: 2, state: .rejected)]
        let read = try PublicationFile(file.bytes(), digest)
        let isSame = read.publications == file.publications
        #expect(isSame && read.list.version > file.list.version)
        #expect(try PublicationFile(PublicationFile().bytes(), digest).publications.isEmpty)
    }

    @Test func `with anything changed is none`() throws {
        var file = PublicationFile()
        file.publications = [Samples.publication("a", at: 1)]
        let bytes = try file.bytes()
        // The number of writings is no part of what is sealed.
        let count = "weft-publications 1 ".utf8.count
        for place in bytes.indices where place != count {
            var changed = bytes
            changed[place] ^= 1
            #expect(throws: LedgerError.self) { try PublicationFile(changed, Samples.digest("a")) }
        }
        for end in bytes.indices {
            #expect(throws: LedgerError.self) { try PublicationFile(Array(bytes[..<end]), Samples.digest("a")) }
        }
    }
}
