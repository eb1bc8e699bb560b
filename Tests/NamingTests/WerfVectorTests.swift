// Stage digests recorded in werf's own tests: the names must be equal to the bit.
import Digests
import Dockerfiles
import Images
import Naming
import Projects
import Stages
import Testing

@Suite struct `Digests recorded by werf` {
    private func digest(_ rule: NameRule) -> String? {
        var namer = Namer()
        for case .named(_, let digest) in namer.step(.added(StageIndex(image: 0, number: 0), rule)) {
            return digest.hex
        }
        return nil
    }

    @Test(arguments: [
        ("amd64", "30bd7a840fcb35eb283d9940f58d1dd02a576a6967e416d9c13deaf2"),
        ("arm64", "cd8956d94612821a843cfbbb3b44d9ed837f8001f2a2361a4815acce"),
    ])
    func `an unstaged image of FROM and RUN`(architecture: String, expected: String) throws {
        let recipe = try recipe(
            "FROM ubuntu:latest\nRUN echo building first\n",
            platform: Images.Platform(os: "linux", architecture: architecture))
        #expect(digest(try UnstagedName.rule(recipe, names: FixedNames())) == expected)
    }

    @Test(arguments: [
        ("amd64", "8f89f4cdc76a994e38f4146ef4e3edd83e070266cc15c135696bddd2"),
        ("arm64", "e09a53cbff65cd32668dd9749845923d46be8a70c1e1f12b1ae3318b"),
    ])
    func `a staged image of FROM and RUN`(architecture: String, expected: String) throws {
        let recipe = try recipe(
            "FROM alpine\nRUN echo building second\n", staged: true,
            platform: Images.Platform(os: "linux", architecture: architecture))
        let lowered = try DockerfileLowering.lower(
            recipe, bases: ["alpine": try base("alpine")], names: FixedNames(), imageNumber: 0)
        #expect(digest(try #require(lowered.stages.last).rule) == expected)
    }

    /// The checksum of the files is the one that werf's fixture gives; see the script that recomputes it.
    @Test func `an unstaged COPY hashes its own text and the files`() throws {
        var names = FixedNames()
        names.checksum = "files"
        let rule = try UnstagedName.rule(try recipe("FROM alpine\nCOPY . /app\n"), names: names)
        let dependencies = JoinedHash.sha256(["alpine", "COPY . /app", "files"])
        #expect(digest(rule) == JoinedHash.sha3(["1.2", "dockerfile", dependencies]))
    }

    @Test func `a content digest follows its stage`() throws {
        let recipe = try recipe("FROM alpine\nRUN true\n")
        let rule = try UnstagedName.rule(recipe, names: FixedNames())
        let stage = try #require(digest(rule).flatMap { StageDigest($0) })
        let expected = JoinedHash.sha3(["1.2", "dockerfile-content", "", stage.hex, ""])
        #expect(DigestFormat.content(of: stage, rule: rule).hex == expected)
    }
}
