// COPY and ADD: sources, destination and flags.
import Digests
import Stages
import Testing

@Suite struct `Steps that copy` {
    private static let zeros = String(repeating: "0", count: 64)

    @Test func `sources are relative to their root, the destination to the directory`() throws {
        let work = try copy("WORKDIR /w\nCOPY /a ./b/ ../c d/*.txt to/")
        #expect(work?.source == .context)
        #expect(work?.patterns == ["a", "b", "c", "d/*.txt"])
        #expect(work?.destination == "/w/to")
        #expect(work?.destinationIsDirectory == true)
        #expect(try copy("COPY / /")?.patterns == ["."])
    }

    @Test(arguments: [
        ("/to", "/to", false), ("/to/", "/to", true), (".", "/w", true), ("./", "/w", true), ("/a/.", "/a", true),
        ("a/..", "/w", false), ("$NOTHING", "/w", true),
    ])
    func `a destination that is a directory`(_ written: String, _ path: String, _ isDirectory: Bool) throws {
        let work = try copy("WORKDIR /w\nCOPY a \(written)")
        #expect(work?.destination == path)
        #expect(work?.destinationIsDirectory == isDirectory)
    }

    @Test func `flags`() throws {
        let work = try copy("COPY --chown=a:b --chmod=u=rwx,go-w --exclude=*.md --parents x/./y/z /to/")
        #expect(work?.owner == "a:b")
        #expect(work?.mode == "u=rwx,go-w")
        #expect(work?.excludes == ["*.md"])
        #expect(work?.keepsParents == true)
        #expect(work?.isLinked == false)
        #expect(work?.patterns == ["x/./y/z"])
        #expect(work?.unpacksArchives == false)
    }

    @Test func `flags take variables`() throws {
        let work = try copy("ARG WHO=me MODE=0644 D=/d\nCOPY --chown=$WHO --chmod=$MODE $D/a $D")
        #expect(work?.owner == "me")
        #expect(work?.mode == "0644")
        #expect(work?.patterns == ["d/a"])
        #expect(work?.destination == "/d")
    }

    @Test func `documents are files, expanded unless their name is quoted`() throws {
        let work = try copy("ARG A=1\nCOPY <<one <<\"two\" /to/\n$A\none\n$A\ntwo")
        #expect(work?.inlineFiles.map(\.name) == ["one", "two"])
        #expect(work?.inlineFiles.map { String(decoding: $0.bytes, as: UTF8.self) } == ["1\n", "$A\n"])
    }

    @Test func `ADD unpacks archives unless it is told not to, and fetches files`() throws {
        #expect(try copy("ADD a.tar /")?.unpacksArchives == true)
        #expect(try copy("ADD --unpack=false a.tar /")?.unpacksArchives == false)
        let work = try copy("ADD --checksum=sha256:\(Self.zeros) https://host/f /")
        #expect(work?.remoteFiles.map(\.url) == ["https://host/f"])
        #expect(work?.remoteFiles[0].checksum?.description == "sha256:\(Self.zeros)")
        #expect(work?.patterns == [])
        #expect(work?.unpacksRemoteFiles == false)
        #expect(try copy("ADD --unpack https://host/f /")?.unpacksRemoteFiles == true)
        // Only lower-case schemes are addresses.
        #expect(try copy("ADD HTTP://host/f /")?.remoteFiles.isEmpty == true)
    }

    @Test(arguments: [
        "COPY --chmod=999 a /", "COPY --chmod=17777 a /", "COPY --chmod=u a /", "ADD --chmod=rw a /",
        "COPY http://host/f /", "COPY git@host:repo /", "ADD git://host/repo /", "ADD https://host/repo.git#main /",
        "ADD git@host:a/b /", "ADD --checksum=sha256:0 https://host/f /", "ADD --checksum=sha256:\(zeros) a /",
        "ADD --checksum=sha256:\(zeros) https://host/f https://host/g /",
    ])
    func `what can't be copied is refused with its place`(_ text: String) {
        #expect(refusal("FROM base\n\(text)\n").hasPrefix("Dockerfile:2:1: "))
    }

    @Test(arguments: ["COPY", "ADD"]) func `--chmod makes --link mean nothing`(_ keyword: String) throws {
        #expect(try copy("\(keyword) --link a /b")?.isLinked == true)
        #expect(try copy("\(keyword) --link --chmod=644 a /b")?.isLinked == false)
    }

    @Test func `a step is named by what an address holds`() throws {
        let text = "FROM base\nADD https://host/f /\nADD --checksum=sha256:\(Self.zeros) https://host/g /\n"
        #expect(
            try lower(recipe(text)).unknownRemotes.map { [$0.url, $0.place] } == [["https://host/f", "Dockerfile:2:1"]])
        func rule(_ content: String) throws -> NameRule? {
            let image = try DockerfileLowering.lower(
                recipe(text), bases: ["base": base("base")],
                remotes: ["https://host/f": BlobDigest(of: Array(content.utf8))],
                names: FixedNames(), imageNumber: 0)
            #expect(image.unknownRemotes.isEmpty)
            return image.stages[1].rule
        }
        #expect(try rule("one") == rule("one"))
        #expect(try rule("one") != rule("two"))
    }

    @Test func `a staged image is named by the address, as in werf`() throws {
        #expect(try lower(recipe("FROM base\nADD https://host/f /\n", staged: true)).unknownRemotes.isEmpty)
    }

    @Test func `what the context says against a source bears the step's place`() throws {
        struct Refusing: ContextNames {
            struct Bad: Error {}
            func unstagedChecksum(sources: [String]) throws -> String { throw Bad() }
            func stagedChecksum(globs: [String]) throws -> String { throw Bad() }
            func stagedChecksum(paths: [String]) throws -> String { throw Bad() }
            func contentName(patterns: [String]) throws -> String { throw Bad() }
        }
        for text in ["COPY [\"a[\", \"/x/\"]", "ADD a[ /x/", "RUN --mount=target=/t x"] {
            for isStaged in [false, true] {
                let recipe = try recipe("FROM base\n\(text)\n", staged: isStaged)
                let error = #expect(throws: StagingError.self) {
                    try DockerfileLowering.lower(
                        recipe, bases: ["base": base("base")], names: Refusing(), imageNumber: 0)
                }
                #expect(error?.place == "Dockerfile:2:1")
            }
        }
        let copying = try recipe("FROM base\nCOPY a /x\n")
        let error = #expect(throws: StagingError.self) { try UnstagedName.rule(copying, names: Refusing()) }
        #expect(error?.place == "Dockerfile:2:1")
    }

    @Test(arguments: ["0", "7777", "0644", "+x", "u+rw,go=r", "a=rX", "g=u", "-w", "u+r-w"])
    func `modes as chmod takes them`(_ mode: String) throws {
        #expect(try copy("COPY --chmod=\(mode) a /")?.mode == mode)
    }

    @Test func `a linked copy with a numeric owner doesn't depend on what is below`() throws {
        func rule(_ text: String, _ flags: String) throws -> NameRule? {
            try lower(recipe("FROM base\nRUN \(text)\nCOPY \(flags) a /b\n")).stages.last?.rule
        }
        #expect(try rule("1", "--link --chown=1:2") == rule("2", "--link --chown=1:2"))
        #expect(try rule("1", "--link --chown=root:root") == rule("2", "--link --chown=root:root"))
        #expect(try rule("1", "--link --chmod=$NOTHING") == rule("2", "--link --chmod=$NOTHING"))
        for flag in ["--chown=me", "--chmod=644"] {
            let rule = try rule("1", "--link " + flag)
            #expect(rule?.inputs.contains { $0.words.contains(.digest(StageIndex(image: 0, number: 1))) } == true)
        }
    }
}
