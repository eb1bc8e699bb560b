// werf-giterminism.yaml: what it allows, and its mistakes.
import Projects
import Testing

@Suite struct `The giterminism file` {
    static let text = """
        giterminismConfigVersion: 1
        cli: { allowCustomTags: true }
        config:
          allowUncommitted: yes
          allowUncommittedTemplates: [".werf/**/*.tmpl"]
          goTemplateRendering:
            allowEnvVariables: [NAME, /CI_.*/, "/A|B/"]
            allowUncommittedFiles: ["data/*.json"]
          secrets: { allowEnvVariables: [TOKEN], allowFiles: [~/.npmrc, secrets], allowValueIds: [id1] }
          stapel:
            allowFromLatest: true
            git: { allowBranch: true }
            mount: { allowBuildDir: true, allowFromPaths: [/var/cache] }
          dockerfile:
            allowUncommitted: [Dockerfile]
            allowUncommittedDockerignoreFiles: [.dockerignore]
            allowContextAddFiles: ["dist/**", "a/*/c", "{x,y}.txt", "d[0-9]"]
        helm: { allowUncommittedFiles: [.helm] }
        includes: { allowIncludesUpdate: true }
        """

    @Test func `allows what it names`() throws {
        let rules = try Giterminism(text: Self.text, file: "werf-giterminism.yaml")
        #expect(
            rules.allowsCustomTags && rules.allowsUncommittedConfig && rules.allowsFromLatest && rules.allowsGitBranch)
        #expect(rules.allowsMountOfBuildDirectory && rules.allowsIncludesUpdate)
        #expect(rules.allowsUncommittedTemplate(".werf/a/b.tmpl") && !rules.allowsUncommittedTemplate("x.tmpl"))
        #expect(
            rules.allowsUncommittedTemplateFile("data/x.json") && !rules.allowsUncommittedTemplateFile("data/a/x.json"))
        #expect(rules.allowsUncommittedDockerfile("Dockerfile") && !rules.allowsUncommittedDockerfile("a/Dockerfile"))
        #expect(rules.allowsUncommittedIgnoreFile(".dockerignore"))
        #expect(rules.allowsUncommittedHelmFile(".helm/templates/x.yaml"))
        #expect(rules.allowsMount(fromPath: "/var/cache/apt") && !rules.allowsMount(fromPath: "/var"))
        #expect(rules.allowsSecretEnvironmentVariable("TOKEN") && !rules.allowsSecretEnvironmentVariable("TOKE"))
        #expect(rules.allowsSecretValue("id1") && !rules.allowsSecretValue("id2"))
        #expect(rules.allowsSecretFile("~/.npmrc", home: "/h", base: "/p"))
        #expect(rules.allowsSecretFile("/p/secrets/x", home: "/h", base: "/p"))
        #expect(!rules.allowsSecretFile("/h/.ssh", home: "/h", base: "/p"))
        #expect(!rules.allowsSecretFile("secrets/../.ssh", home: "/h", base: "/p"))
    }

    @Test(arguments: [
        ("NAME", true), ("NAMES", false), ("CI_JOB", true), ("XCI_NAME", false), ("CI_", true),
        // werf searches for `^A|B$`: the anchors bind to one alternative each.
        ("A", true), ("AX", true), ("XB", true), ("XAX", false), ("", false),
    ])
    func `matches names of environment variables as werf does`(_ name: String, _ allowed: Bool) throws {
        let rules = try Giterminism(text: Self.text, file: "werf-giterminism.yaml")
        #expect(rules.allowsEnvironmentVariable(name) == allowed)
    }

    @Test(arguments: [
        ("dist", true), ("dist/a/b", true), ("distx", false), ("a/b/c", true), ("a/b/c/d", true), ("a/b/d", false),
        ("x.txt", true), ("z.txt", false), ("d5", true), ("dx", false),
    ])
    func `matches paths and all below them`(_ path: String, _ allowed: Bool) throws {
        let rules = try Giterminism(text: Self.text, file: "werf-giterminism.yaml")
        #expect(rules.allowsContextAddFile(path) == allowed)
    }

    @Test func `allows nothing when it is absent`() {
        let rules = Giterminism()
        #expect(!rules.allowsCustomTags && !rules.allowsUncommittedConfig && !rules.allowsEnvironmentVariable("A"))
        #expect(!rules.allowsContextAddFile("a") && !rules.allowsSecretFile("a", home: nil, base: nil))
    }

    @Test(arguments: [
        Mistake("", "g.yaml:1: the file is empty"),
        Mistake("config: {}", "g.yaml:1:1: `giterminismConfigVersion` must be 1"),
        Mistake("giterminismConfigVersion: 2", "g.yaml:1:27: `giterminismConfigVersion` must be 1"),
        Mistake(
            "giterminismConfigVersion: 1\nconfg: {}",
            "g.yaml:2:1: unknown key `confg` in the giterminism file. Did you mean `config`?"),
        Mistake(
            "giterminismConfigVersion: 1\nconfig:\n  allowUncommited: true",
            "g.yaml:3:3: unknown key `allowUncommited` in `config`. Did you mean `allowUncommitted`?"),
        Mistake(
            "giterminismConfigVersion: 1\nconfig:\n  dockerfile: {allowContextAddFile: [a]}",
            "g.yaml:3:16: unknown key `allowContextAddFile` in `dockerfile`. Did you mean `allowContextAddFiles`?"),
        Mistake(
            "giterminismConfigVersion: 1\nconfig:\n  dockerfile: {allowContextAddFiles: a}",
            "g.yaml:3:38: `allowContextAddFiles` in `dockerfile` must be a list, not a string"),
        Mistake(
            "giterminismConfigVersion: 1\nconfig:\n  dockerfile: {allowContextAddFiles: ['a[']}",
            "g.yaml:3:39: `a[` is not a glob"),
        Mistake(
            "giterminismConfigVersion: 1\nconfig:\n  goTemplateRendering: {allowEnvVariables: ['/(/']}",
            "g.yaml:3:45: `/(/` is not a regular expression"),
        Mistake(
            "giterminismConfigVersion: 1\ncli: {allowCustomTags: 1}",
            "g.yaml:2:24: `allowCustomTags` in `cli` must be true or false"),
        Mistake(
            "giterminismConfigVersion: 1\nconfig: {secrets: {allowFiles: [{}]}}",
            "g.yaml:2:33: `allowFiles` must be a list of strings"),
        Mistake("giterminismConfigVersion: 1\nhelm: []", "g.yaml:2:7: `helm` must be a mapping, not a list"),
    ])
    func `names its mistakes with their lines`(_ mistake: Mistake) {
        let error = #expect(throws: ConfigError.self) { try Giterminism(text: mistake.text, file: "g.yaml") }
        #expect(error?.description.hasPrefix(mistake.expected) == true, "\(error?.description ?? "")")
    }
}

@Suite struct `Path patterns` {
    @Test(arguments: [
        ("*", "a", true), ("*", "a/b", false), ("**", "a/b/c", true), ("**/c", "c", true), ("**/c", "a/b/c", true),
        ("a/**/c", "a/c", true), ("a/**/c", "a/x/y/c", true), ("a/**/c", "b/c", false), ("a/**", "a", true),
        ("a?c", "abc", true), ("a?c", "a/c", false), ("[^a]b", "cb", true), ("[!a]b", "ab", false), ("\\*", "*", true),
        ("\\*", "a", false), ("{a,b/c}d", "b/cd", true), ("{a,{b,c}}", "c", true), ("x{,y}", "x", true),
        ("a*b*c", "aXbYbZc", true),
        ("a**b", "axxb", true), ("a**b", "a/b", false), ("[a-c]", "b", true), ("[a-c]", "d", false),
        ("/a/*", "/a/b", true),
    ])
    func `match by doublestar's rules`(_ pattern: String, _ path: String, _ expected: Bool) throws {
        #expect(try #require(PathPattern(pattern)).matches(path) == expected)
    }

    @Test(arguments: ["[a", "{a", "a\\", "[", "[]", "[a-]", "{a,{b}"])
    func `that are malformed are refused`(_ pattern: String) {
        #expect(PathPattern(pattern) == nil)
    }

    @Test func `neither backtrack nor expand without end`() throws {
        let stars = try #require(PathPattern(String(repeating: "**/a*a*a*/", count: 30) + "b"))
        #expect(!stars.matches(String(repeating: "aaaaaaaaaaaaaaaaaaaa/", count: 200) + "c"))
        #expect(PathPattern(String(repeating: "{a,b}", count: 40)) == nil)
    }
}
