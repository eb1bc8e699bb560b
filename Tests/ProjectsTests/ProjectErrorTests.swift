// Every mistake in werf.yaml, with the line it is found on. Sections begin on line 4.
import Projects
import Testing

struct Mistake: CustomTestStringConvertible, Sendable {
    let text: String
    let expected: String
    var testDescription: String { text }

    init(_ text: String, _ expected: String) {
        self.text = text
        self.expected = expected
    }
}

@Suite struct `A mistake in werf.yaml` {
    @Test(arguments: [
        Mistake("", "werf.yaml:1: there is no meta section"),
        Mistake("project: a", "werf.yaml:1:1: this section is of no known kind"),
        Mistake("- a", "werf.yaml:1:1: a section must be a mapping, not a list"),
        Mistake("text", "werf.yaml:1:1: a section must be a mapping, not a string"),
        Mistake("configVersion: 2\nproject: a", "werf.yaml:1:16: `configVersion` must be 1"),
        Mistake(
            "configVersion: one\nproject: a",
            "werf.yaml:1:16: `configVersion` in the meta section must be a whole number"),
        Mistake("configVersion: 1", "werf.yaml:1:1: `project` can't be empty"),
        Mistake("configVersion: 1\nproject: ''", "werf.yaml:2:10: `project` can't be empty"),
        Mistake("configVersion: 1\nproject: My_App", "werf.yaml:2:10: `project` may hold lower-case letters"),
        Mistake("configVersion: 1\nproject: -a", "werf.yaml:2:10: `project` may hold"),
        Mistake(
            "configVersion: 1\nproject: \(String(repeating: "a", count: 51))",
            "werf.yaml:2:10: `project` is longer than 50"),
        Mistake(
            "configVersion: 1\nproject: [a]",
            "werf.yaml:2:10: `project` in the meta section must be a string, not a list"),
        Mistake(
            "configVersion: 1\nprojct: a",
            "werf.yaml:2:1: unknown key `projct` in the meta section. Did you mean `project`?"),
        Mistake(
            "configVersion: 1\nproject: a\nzzzzzz: 1",
            "werf.yaml:3:1: unknown key `zzzzzz` in the meta section. Known keys are: build,"),
        Mistake(
            "configVersion: 1\nproject: a\n---\nconfigVersion: 1\nproject: b",
            "werf.yaml:4:1: there are two meta sections; the first is on line 1"),
        Mistake(
            "configVersion: 1\nproject: a\nbuild:\n  platfrom: []",
            "werf.yaml:4:3: unknown key `platfrom` in `build`. Did you mean `platform`?"),
        Mistake(
            "configVersion: 1\nproject: a\nbuild:\n  platform: linux/amd64",
            "werf.yaml:4:13: `platform` in `build` must be a list, not a string"),
        Mistake(
            "configVersion: 1\nproject: a\nbuild:\n  platform: ['linux/amd64,linux/arm64']",
            "werf.yaml:4:14: `platform` takes one platform per element"),
        Mistake(
            "configVersion: 1\nproject: a\nbuild:\n  platform: [linux/]", "werf.yaml:4:14: `linux/` is not a platform"),
        Mistake(
            "configVersion: 1\nproject: a\nbuild:\n  staged: maybe",
            "werf.yaml:4:11: `staged` in `build` must be true or false, not a string"),
        Mistake(
            "configVersion: 1\nproject: a\nbuild:\n  imageSpec: {author: x}",
            "werf.yaml:4:3: `imageSpec` in `build`: changes of an image's configuration are not supported"),
        Mistake("configVersion: 1\nproject: a\nbuild: 5", "werf.yaml:3:8: `build` must be a mapping, not a number"),
        Mistake(
            "configVersion: 1\nproject: a\ncleanup:\n  disabled: true",
            "werf.yaml:4:3: unknown key `disabled` in `cleanup`. Did you mean `disable`?"),
        Mistake(
            "configVersion: 1\nproject: a\ncleanup:\n  keepPolicies:\n  - references: {}",
            "werf.yaml:5:17: `references` needs exactly one of"),
        Mistake(
            "configVersion: 1\nproject: a\ncleanup:\n  keepPolicies:\n  - imagesPerReference: {}",
            "werf.yaml:5:5: a keep policy needs `references`"),
        Mistake(
            "configVersion: 1\nproject: a\ncleanup:\n  keepPolicies:\n  - references: {tag: a, limit: {operator: Xor}}",
            "`operator` must be And or Or, not Xor"),
        Mistake(
            "configVersion: 1\nproject: a\ngitWorktree:\n  allowUnshallow: 1",
            "werf.yaml:4:19: `allowUnshallow` in `gitWorktree` must be true or false"),
        Mistake("configVersion: 1\nproject: a\ndeploy:\n  namespace: ''", "werf.yaml:4:14: `namespace` can't be empty"),
    ])
    func `in the meta section is named with its line`(_ mistake: Mistake) {
        #expect(problem(mistake.text).contains(mistake.expected), "\(problem(mistake.text))")
    }

    @Test(arguments: [
        Mistake("dockerfile: D", "werf.yaml:4:1: an image section needs `image`"),
        Mistake("image: a\ndockerfile:", "werf.yaml:5:12: `dockerfile` can't be empty"),
        Mistake("image: a\ndockerfile: /D", "werf.yaml:5:13: `dockerfile` must be a path inside the context: /D"),
        Mistake("image: a\ndockerfile: a/../../D", "werf.yaml:5:13: `dockerfile` must be a path inside the context"),
        Mistake(
            "image: a\ndockerfile: D\ncontext: ../x",
            "werf.yaml:6:10: `context` must be a path inside the project: ../x"),
        Mistake("image: a\ndockerfile: D\ncontext: /x", "werf.yaml:6:10: `context` must be a path inside the project"),
        Mistake(
            "image: a\ndockerfile: D\ncontextAddFiles: ../x",
            "werf.yaml:6:18: `contextAddFiles` takes paths inside the context"),
        Mistake(
            "image: a\ndockerfile: D\ncontextAddFiles: x",
            "werf.yaml:6:18: the context file `x` is not allowed by giterminism. Add it to config.dockerfile.allowContextAddFiles of werf-giterminism.yaml"
        ),
        Mistake(
            "image: a\ndockerfile: D\ncontextAddFiles: x\ncontextAddFile: z",
            "werf.yaml:7:17: `contextAddFile` and `contextAddFiles` can't be used together"),
        Mistake(
            "image: a\ndockerfile: D\ncontextAddFiles: [1]",
            "werf.yaml:6:19: `contextAddFiles` must be a string or a list of strings, not a number. Put quotes"),
        Mistake(
            "image: 5\ndockerfile: D", "werf.yaml:4:8: `image` must be a string or a list of strings, not a number"),
        Mistake("image: []\ndockerfile: D", "werf.yaml:4:8: `image` holds no name"),
        Mistake("image: ''\ndockerfile: D", "werf.yaml:4:8: an image's name can't be empty"),
        Mistake("image: \"a\\nb\"\ndockerfile: D", "werf.yaml:4:8: an image's name can't hold control characters"),
        Mistake(
            "image: a\ndockerfile: D\ndockerfil: E",
            "werf.yaml:6:1: unknown key `dockerfil` in the image section. Did you mean `dockerfile`?"),
        Mistake(
            "image: a\ndockerfile: D\nfinal: 1", "werf.yaml:6:8: `final` in the image section must be true or false"),
        Mistake("image: a\ndockerfile: D\nargs: [A]", "werf.yaml:6:7: `args` must be a mapping, not a list"),
        Mistake(
            "image: a\ndockerfile: D\nargs:\n  A: [1]",
            "werf.yaml:7:6: the build argument `A` must be a scalar, not a list"),
        Mistake(
            "image: a\ndockerfile: D\naddHost: {a: b}",
            "werf.yaml:6:10: `addHost` must be a string or a list of strings, not a mapping"),
        Mistake(
            "image: a\ndockerfile: D\nnetwork: shop_net",
            "werf.yaml:6:10: the network `shop_net` is not supported by this version of weft. `network` takes default, host or none."
        ),
        Mistake(
            "image: a\ndockerfile: D\naddHost:\n- a:1.2.3.4\n- foo",
            "werf.yaml:8:3: `foo` in `addHost` is not HOST:ADDRESS"),
        Mistake("image: a\ndockerfile: D\naddHost: bar=1.2.3.4", "werf.yaml:6:10: `bar=1.2.3.4` in `addHost` is not"),
        Mistake("image: a\ndockerfile: D\naddHost: gw:host-gateway", "werf.yaml:6:10: `gw:host-gateway` in `addHost`"),
        Mistake("image: a\ndockerfile: D\naddHost: a:1.2.3", "werf.yaml:6:10: `a:1.2.3` in `addHost`"),
        Mistake("image: a\ndockerfile: D\naddHost: ':1.2.3.4'", "werf.yaml:6:10: `:1.2.3.4` in `addHost`"),
        Mistake("image: a\ndockerfile: D\naddHost: 'a b:1.2.3.4'", "werf.yaml:6:10: `a b:1.2.3.4` in `addHost`"),
        Mistake(
            "image: a\ndockerfile: D\nssh: default",
            "werf.yaml:6:1: `ssh` in the image section: forwarding an SSH agent is not supported by this version of weft"
        ),
        Mistake(
            "image: a\ndockerfile: D\nimageSpec: {}",
            "werf.yaml:6:1: `imageSpec` in the image section: changes of an image's configuration are not supported"),
        Mistake(
            "image: a\ndockerfile: D\nplatform: [linux/arm64]",
            "werf.yaml:6:11: building for linux/arm64 is not supported by this version of weft on a linux/amd64 host"),
        Mistake(
            "image: a\ndockerfile: D\nplatform: [linux]\ndependencies: 1",
            "werf.yaml:7:15: `dependencies` in the image section must be a list"),
    ])
    func `in an image section is named with its line`(_ mistake: Mistake) {
        let problem = problem(meta + mistake.text)
        #expect(problem.hasPrefix(mistake.expected), "\(problem)")
    }

    @Test(arguments: [
        Mistake("secrets: [{}]", "werf.yaml:6:11: a secret needs exactly one of `env`, `src` and `value`"),
        Mistake("secrets: [{env: A, src: b}]", "werf.yaml:6:11: a secret needs exactly one of"),
        Mistake("secrets: [{value: x}]", "werf.yaml:6:11: a secret with `value` needs an `id`"),
        Mistake("secrets: [{evn: A}]", "werf.yaml:6:12: unknown key `evn` in a secret. Did you mean `env`?"),
        Mistake("secrets: [A]", "werf.yaml:6:11: a secret must be a mapping, not a string"),
        Mistake(
            "secrets:\n- env: A",
            "werf.yaml:7:3: the secret from the environment variable `A` is not allowed by giterminism. Add it to config.secrets.allowEnvVariables"
        ),
        Mistake("secrets:\n- src: a/b", "werf.yaml:7:3: the secret from the file `a/b` is not allowed by giterminism"),
        Mistake(
            "secrets:\n- {id: x, value: y}", "werf.yaml:7:3: the secret `x` with a value is not allowed by giterminism"),
        Mistake("secrets:\n- env: OK\n- {id: OK, env: OK}", "werf.yaml:8:3: the secret `OK` is defined twice"),
        Mistake("dependencies: [{}]", "werf.yaml:6:16: a dependency needs `image`"),
        Mistake(
            "dependencies: [{image: b, before: install}]",
            "werf.yaml:6:35: `before` can't be used in a dependency of a Dockerfile image"),
        Mistake(
            "dependencies: [{image: b, imprts: []}]",
            "werf.yaml:6:27: unknown key `imprts` in a dependency. Did you mean `imports`?"),
        Mistake(
            "dependencies: [{image: b, imports: [{}]}]", "werf.yaml:6:37: an import needs `type`: one of ImageName,"),
        Mistake(
            "dependencies: [{image: b, imports: [{type: Name, targetBuildArg: X}]}]",
            "werf.yaml:6:44: `Name` is no type of import"),
        Mistake(
            "dependencies: [{image: b, imports: [{type: ImageName}]}]",
            "werf.yaml:6:37: an import needs `targetBuildArg`"),
        Mistake(
            "dependencies: [{image: b, imports: [{type: ImageName, targetEnv: X}]}]",
            "werf.yaml:6:66: `targetEnv` can't be used for a Dockerfile image"),
        Mistake(
            "dependencies: [{image: b, imports: [{type: ImageName, targetBuildArg: X}, {type: ImageTag, targetBuildArg: X}]}]",
            "werf.yaml:6:75: the `targetBuildArg` `X` is set twice"),
        Mistake(
            "args: {X: 1}\ndependencies: [{image: b, imports: [{type: ImageName, targetBuildArg: X}]}]",
            "werf.yaml:6:7: the build argument `X` is set by `args` and by a `targetBuildArg`"),
        Mistake(
            "dependencies: [{image: bb}]",
            "werf.yaml:4: the image `a` depends on `bb`, which is not in the file. Did you mean `b`?"),
    ])
    func `in a secret or dependency is named with its line`(_ mistake: Mistake) {
        let giterminism = "giterminismConfigVersion: 1\nconfig: {secrets: {allowEnvVariables: [OK]}}"
        let text = "\(meta)image: a\ndockerfile: D\n\(mistake.text)\n---\nimage: b\ndockerfile: D\n"
        let problem = problem(text, ["werf-giterminism.yaml": giterminism])
        #expect(problem.hasPrefix(mistake.expected), "\(problem)")
    }

    @Test(arguments: [
        Mistake(
            "image: a\nfrom: alpine",
            "werf.yaml:5:1: stapel images (here by `from`) are not supported by this version of weft"),
        Mistake("image: a\nshell: {install: ls}", "werf.yaml:5:1: stapel images (here by `shell`)"),
        Mistake("artifact: a\nfrom: alpine", "werf.yaml:4:1: stapel images (here by `artifact`)"),
        Mistake("image: a\ncontext: c", "werf.yaml:4:1: an image section needs `dockerfile`"),
        Mistake("image: a\nimageSpec: {}", "werf.yaml:4:1: an image section needs `dockerfile`"),
        Mistake(
            "image: a\ndockerfle: D",
            "werf.yaml:5:1: unknown key `dockerfle` in the image section. Did you mean `dockerfile`?"),
        Mistake(
            "image: a\ndockerfile: D\n---\nimage: a\ndockerfile: D",
            "werf.yaml:7: the image `a` is defined twice, first at werf.yaml:4"),
        Mistake("image: [a, a]\ndockerfile: D", "werf.yaml:4: the image `a` is defined twice"),
        Mistake(
            "image: ~\ndockerfile: D\n---\nimage: b\ndockerfile: D",
            "werf.yaml:4: a nameless image must be the only final image"),
        Mistake(
            "image: a\ndockerfile: D\ndependencies: [{image: b}]\n---\nimage: b\ndockerfile: D\ndependencies: [{image: a}]",
            "werf.yaml:4: infinite loop detected: a -> b -> a."),
        Mistake("image: a\ndockerfile: D\ndependencies: [{image: a}]", "werf.yaml:4: infinite loop detected: a -> a."),
    ])
    func `between images is named with its line`(_ mistake: Mistake) {
        let problem = problem(meta + mistake.text)
        #expect(problem.hasPrefix(mistake.expected), "\(problem)")
    }

    @Test(arguments: [
        Mistake("image: a\nimage: b\ndockerfile: D", "werf.yaml:4:1: the key `image` is set twice"),
        Mistake("image: a\ndockerfile: D\nargs: {x: 1, y: 2, x: 3}", "werf.yaml:6:8: the key `x` is set twice"),
        Mistake("image: \"a", "werf.yaml:4:10: this is not YAML: while scanning a quoted scalar"),
        Mistake("image: a\n\tdockerfile: D", "werf.yaml:5:"),
        Mistake("image: *nope", "werf.yaml:4:8: this is not YAML: found undefined alias"),
        Mistake("? [a, b]\n: c", "werf.yaml:4:3: a key must be a scalar"),
        Mistake("image: a\ndockerfile: D\nargs: {<<: 5}", "werf.yaml:6:12: `<<` merges mappings only"),
        Mistake("image: a\u{1}b", "werf.yaml:4: this is not YAML: control characters are not allowed"),
        Mistake("image: a\n--- b\nc: d", "this is not YAML"),
    ])
    func `of YAML is named with its line`(_ mistake: Mistake) {
        let problem = problem(meta + mistake.text)
        #expect(problem.contains(mistake.expected), "\(problem)")
    }

    @Test func `of the caller names the option`() {
        #expect(problem(meta) { $0.projectName = "A" }.hasPrefix("--project-name: the project's name may hold"))
        #expect(problem(meta) { $0.platforms = ["linux/"] }.hasPrefix("--platform: `linux/` is not a platform"))
        let image = meta + "image: a\ndockerfile: D"
        #expect(
            problem(image) { $0.platforms = ["linux/arm64"] }.hasPrefix(
                "--platform: building for linux/arm64 is not supported"))
        #expect(problem(meta) { $0.configPath = "/x" }.hasPrefix("--config: the path /x leaves the project"))
        #expect(problem(meta) { $0.templatesDirectory = "/x" }.hasPrefix("--config-templates-dir: the path /x leaves"))
        #expect(problem(meta) { $0.giterminismPath = "../x" }.hasPrefix("--giterminism-config: the path ../x leaves"))
        #expect(problem(meta) { $0.configPath = "x.yaml" }.hasPrefix("x.yaml: there is no such file"))
    }

    @Test func `in the files is named with the file`() {
        let options = ProjectOptions(hostPlatform: host)
        func problem(_ files: MemoryFiles) -> String {
            do throws(ConfigError) {
                let files = ProjectFileSet(all: files)
                return "no error: \(try ProjectReader.read(options, files: files, environment: [:], commit: commit))"
            } catch {
                return "\(error)"
            }
        }
        #expect(problem(MemoryFiles([:])).hasPrefix("werf.yaml: there is no werf.yaml and no werf.yml"))
        var files = MemoryFiles(["werf.yaml": meta])
        files.forbidden["werf.yaml"] = "the file must be committed."
        #expect(problem(files) == "werf.yaml: the file must be committed.")
        files = MemoryFiles([:])
        files.contents["werf.yaml"] = [0xC3, 0x28]
        #expect(problem(files) == "werf.yaml: the file is not UTF-8 text.")
        files = MemoryFiles(["werf.yaml": meta, "werf-includes.yaml": "# nothing\nincludes:\n- git: x"])
        #expect(problem(files).hasPrefix("werf-includes.yaml:2:1: includes from other repositories are not supported"))
        files = MemoryFiles(["werf.yaml": meta, "werf-includes.yaml": "# nothing"])
        #expect(problem(files).hasPrefix("no error"))
    }
}
