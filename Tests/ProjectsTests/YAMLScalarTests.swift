// Scalars as yaml.v2 decodes them, and documents as werf splits them.
import Images
import Testing

@testable import Projects

@Suite struct `YAML scalars` {
    @Test(arguments: [
        ("yes", "true"), ("Off", "false"), ("y", "true"), ("True", "true"), ("tRUE", "tRUE"), ("~", "<nil>"),
        ("", "<nil>"),
        ("null", "<nil>"), ("1", "1"), ("+1", "1"), ("-1", "-1"), ("0x1f", "31"), ("0b11", "3"), ("0o17", "15"),
        ("017", "15"),
        ("018", "18"), ("1_000", "1000"), ("1.", "1"), (".5", "0.5"), ("1e3", "1000"), ("1.5e-7", "1.5e-07"),
        ("-.5", "-0.5"),
        ("18446744073709551615", "18446744073709551615"), ("18446744073709551616", "1.8446744073709552e+19"),
        (".inf", "+Inf"),
        ("-.Inf", "-Inf"), (".nan", "NaN"), ("1.2.3", "1.2.3"), ("v1", "v1"), ("1e", "1e"), ("--1", "--1"), ("+", "+"),
        (".", "."),
        ("0x", "0x"), ("2001-12-14", "2001-12-14"), ("10:30", "10:30"), ("0", "0"), ("-0", "0"), ("1__0", "10"),
    ])
    func `print as Go prints the decoded value`(_ text: String, _ expected: String) {
        #expect(YAMLScalar(text: text, plain: true, tag: "").printed == expected)
    }

    @Test func `are strings when quoted or tagged`() {
        #expect(YAMLScalar(text: "yes", plain: false, tag: "").printed == "yes")
        #expect(YAMLScalar(text: "1", plain: true, tag: "tag:yaml.org,2002:str").printed == "1")
        #expect(YAMLScalar(text: "010", plain: true, tag: "!").printed == "010")
    }
}

@Suite struct `Documents` {
    @Test func `are split at separator lines only`() {
        let text = "a: 1\n---\n\n# c\n---   # comment\r\nb: |\n  ---\n --- \n---x\n--- \t\nc: 1"
        #expect(
            ConfigDocuments.split(text) == [
                ConfigDocument(text: "a: 1", firstLine: 1),
                ConfigDocument(text: "b: |\n  ---\n --- \n---x", firstLine: 6),
                ConfigDocument(text: "c: 1", firstLine: 11),
            ])
        #expect(ConfigDocuments.split("---\n---\n") == [])
    }
}

@Suite struct `Images of several platforms` {
    @Test func `need their dependencies for each of them`() {
        let place = ConfigLocation(file: "werf.yaml", line: 9)
        let (amd64, arm64) = (
            Platform(os: "linux", architecture: "amd64"), Platform(os: "linux", architecture: "arm64")
        )
        var base = DockerfileImage(name: "base", dockerfile: "D", location: place)
        base.platforms = [amd64]
        var web = DockerfileImage(name: "web", dockerfile: "D", location: place)
        web.platforms = [amd64, arm64]
        web.dependencies = [Dependency(image: "base", imports: [])]
        let error = #expect(throws: ConfigError.self) { try ImageRelations(images: [base, web]).check() }
        #expect(
            error?.description
                == "werf.yaml:9: the image `web` for linux/arm64 depends on `base`, which is not built for that platform."
        )
        base.platforms = [arm64, amd64]
        #expect(throws: Never.self) { try ImageRelations(images: [base, web]).check() }
    }
}
