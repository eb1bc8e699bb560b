// From what was typed to what is parsed: commands, the environment's flags, and werf's flags that are missing here.
import Testing

@testable import weft

@Suite struct `Command lines` {
    private func read(_ line: String, _ environment: [String: String] = [:]) throws -> UnsupportedFlags.Outcome {
        try CommandLineReader(environment: environment).read(line.split(separator: " ").map(String.init))
    }

    private func failure(_ line: String, _ environment: [String: String] = [:]) -> String {
        do {
            return try read(line, environment).arguments.joined(separator: " ")
        } catch {
            return "\(error)"
        }
    }

    @Test func `flags of the environment stand behind the command's name`() throws {
        let environment = ["WERF_REPO": "r", "WERF_ENV": "e"]
        #expect(try read("build app", environment).arguments == ["build", "--env=e", "--repo=r", "app"])
        #expect(try read("config list", environment).arguments == ["config", "list", "--env=e"])
        #expect(
            try read("explain plan --json", environment).arguments == [
                "explain", "plan", "--env=e", "--repo=r", "--json",
            ])
    }

    @Test func `a stage needs no word of its own`() throws {
        #expect(try read("explain app/RUN1").arguments == ["explain", "stage", "app/RUN1"])
        #expect(try read("explain graph").arguments == ["explain", "graph"])
    }

    @Test func `help is asked with the environment as it may be`() throws {
        #expect(try read("build --help", ["WERF_FOLLOW": "1"]).arguments == ["build", "--help"])
        #expect(try read("help build").arguments == ["help", "build"])
        #expect(try read("--version").arguments == ["--version"])
    }

    @Test func `a mistyped command gets the nearest one`() {
        #expect(failure("biuld") == "weft has no command \"biuld\"; did you mean build?")
        #expect(failure("config lst") == "weft config has no command \"lst\"; did you mean list?")
    }

    @Test func `a command of werf is called one`() {
        #expect(failure("converge --repo x").contains("is a command of werf that this version of weft does not have"))
    }

    @Test(arguments: ["--final-repo x", "--final-repo=x", "--follow", "--virtual-merge", "--add-custom-tag v1"])
    func `a flag that would change the result is refused by name`(flag: String) {
        let name = flag.split { " =".contains($0) }[0]
        #expect(failure("build app \(flag)").hasPrefix("\(name) is a flag of werf that this version"))
    }

    @Test(arguments: [
        ("WERF_FINAL_REPO", "x"), ("WERF_ADD_CUSTOM_TAG_1", "x"), ("WERF_FOLLOW", "1"), ("WERF_VIRTUAL_MERGE", "yes"),
        ("WERF_INTROSPECT_ERROR", "true"), ("WERF_BACKEND_NETWORK", "n"),
    ])
    func `a variable that would change the result is refused by name`(name: String, value: String) {
        #expect(failure("build", [name: value]).hasPrefix("\(name): --"))
    }

    @Test(arguments: [("WERF_FINAL_REPO", ""), ("WERF_FOLLOW", "0"), ("WERF_FOLLOW", "false")])
    func `a variable that sets nothing is no matter`(name: String, value: String) {
        #expect(failure("build", [name: value]) == "build")
    }

    @Test func `a variable is no matter to commands that build nothing`() {
        #expect(failure("config list", ["WERF_FINAL_REPO": "x"]) == "config list")
    }

    @Test func `caches are left out with a warning`() throws {
        let flags = try read("build --cache-repo x --secondary-repo=y app")
        #expect(flags.arguments == ["build", "app"])
        #expect(flags.warnings.count == 2)
        let variables = try read("build", ["WERF_CACHE_REPO_A": "x", "WERF_SECONDARY_REPO_1": "y"])
        #expect(variables.warnings.count == 2)
        #expect(variables.warnings.allSatisfy { $0.hasPrefix("WERF_") })
    }

    @Test func `what means nothing here is dropped`() throws {
        let flags = try read("build --disable-auto-host-cleanup --tmp-dir /t app")
        #expect(flags.arguments == ["build", "app"])
        #expect(flags.warnings.count == 2)
        #expect(try read("build", ["WERF_TMP_DIR": "/t"]).warnings.isEmpty)
    }

    @Test(arguments: [
        ("--dev=true", "--dev"), ("--dev=t", "--dev"), ("--dev=1", "--dev"), ("--dev=false", ""),
        ("--dev --dev=F", ""), ("--dev=false --dev", "--dev"), ("--parallel=false", "--no-parallel"),
        ("--parallel=0 --parallel=TRUE", "--parallel"), ("-p=false", "--no-parallel"),
        ("--log-pretty=false", "--no-log-pretty"), ("--require-built-images=true", "--check-built-images"),
        ("-Z=0", ""), ("--follow=false", ""), ("--dev=maybe", "--dev=maybe"), ("--env=true", "--env=true"),
        ("--repo=1", "--repo=1"), ("-- --dev=true", "-- --dev=true"),
    ])
    func `a boolean may have its value`(written: String, meant: String) throws {
        #expect(try read("build \(written)").arguments.joined(separator: " ") == "build \(meant)".trimmed)
    }

    @Test func `a boolean that is written out goes before the environment`() throws {
        let environment = ["WERF_DEV": "1", "WERF_CHECK_BUILT_IMAGES": "1", "WERF_PARALLEL": "0"]
        let line = "build --dev=false --require-built-images=false --parallel=true"
        #expect(try read(line, environment).arguments == ["build", "--parallel"])
        let list = try read("config list --final-images-only=true --json=0")
        #expect(list.arguments == ["config", "list", "--final-images-only"])
        #expect(failure("build --follow=true").hasPrefix("--follow is a flag of werf"))
    }

    @Test func `a project's name may come from the environment`() throws {
        #expect(try read("build", ["WERF_PROJECT_NAME": "n"]).arguments == ["build", "--project-name=n"])
    }

    @Test func `a container's command is left as it is`() throws {
        let line = "run app -- sh --follow --cache-repo x"
        #expect(try read(line).arguments.joined(separator: " ") == line)
    }
}

extension String {
    fileprivate var trimmed: String { hasSuffix(" ") ? String(dropLast()) : self }
}
