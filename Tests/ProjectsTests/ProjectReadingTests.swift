// werf.yaml → Project: what each key gives.
import Images
import Projects
import Testing

@Suite struct `A project` {
    @Test func `is read from a plain file`() throws {
        let text = """
            configVersion: 1
            project: my-app
            build:
              cacheVersion: v1
              platform: [linux/x86_64]
              staged: yes
            gitWorktree:
              forceShallowClone: true
              allowUnshallow: false
            cleanup:
              disableGitHistoryBasedPolicy: on
              keepPolicies:
              - references:
                  branch: /.*/
                  limit: { last: 10, in: 168h, operator: And }
                imagesPerReference: { last: 2 }
            deploy:
              helmRelease: "[[ project ]]"
            --- # images
            image: backend
            dockerfile: Dockerfile
            ---
            # nothing here

            ---
            image: [frontend, admin]
            dockerfile: ./docker/Dockerfile
            context: front/
            cacheVersion: v2
            staged: false
            final: false

            """
        let project = try read(text)
        #expect(project.name == "my-app")
        #expect(project.configVersion == 1)
        #expect(project.meta.cacheVersion == "v1")
        #expect(project.meta.platforms == [host])
        #expect(project.meta.gitHistoryBasedCleanupDisabled)
        #expect(!project.meta.cleanupDisabled)
        #expect(project.meta.forceShallowClone && !project.meta.allowUnshallow)
        #expect(project.rendered == text)
        #expect(project.images.map(\.name) == ["backend", "frontend", "admin"])
        let backend = try #require(project.image(named: "backend"))
        #expect(backend.staged && backend.final && backend.cacheVersion == "v1" && backend.context == "")
        #expect(backend.location == ConfigLocation(file: "werf.yaml", line: 20))
        let admin = try #require(project.image(named: "admin"))
        #expect(!admin.staged && !admin.final && admin.cacheVersion == "v2" && admin.context == "front")
        #expect(admin.dockerfile == "docker/Dockerfile")
        #expect(admin.location.line == 26)
    }

    @Test func `has images with all their fields`() throws {
        let image = try readImage(
            """
            image: ~
            dockerfile: Dockerfile
            target: app
            addHost: db:10.0.0.1
            network: host
            context: a/./b
            contextAddFiles: [x/y, ./z]
            platform: [amd64]
            args: { B: yes, a: 3.10, A: "3.10", N: 0x10, E: , O: 0777, T: 2001-01-01, F: 1e6, S: text }
            secrets:
            - env: TOKEN
            - { id: key, src: ~/.ssh/key }
            - { src: conf/pass }
            - { id: v, value: hidden }
            """,
            [
                "werf-giterminism.yaml": """
                giterminismConfigVersion: "1"
                config:
                  secrets: { allowEnvVariables: [TOKEN], allowFiles: [~/.ssh, conf/*], allowValueIds: [v] }
                  dockerfile: { allowContextAddFiles: ["a/b/{x,z}"] }
                """
            ]
        ) { options in
            options.homeDirectory = "/home/u"
            options.projectDirectory = "/work/shop"
        }
        let expected = try #require(image)
        #expect(expected.name == "" && expected.displayName == "~")
        #expect(expected.target == "app" && expected.network == "host" && expected.addHost == ["db:10.0.0.1"])
        #expect(expected.contextAddFiles == ["x/y", "z"])
        #expect(expected.platforms == [host])
        #expect(
            expected.args.map { "\($0.name)=\($0.value)" } == [
                "A=3.10", "B=true", "E=<nil>", "F=1e+06", "N=16", "O=511", "S=text", "T=2001-01-01", "a=3.1",
            ])
        #expect(
            expected.secrets == [
                Secret(id: "TOKEN", source: .environment("TOKEN")),
                Secret(id: "key", source: .file("/home/u/.ssh/key")),
                Secret(id: "pass", source: .file("/work/shop/conf/pass")),
                Secret(id: "v", source: .value("hidden")),
            ])
        #expect(!"\(expected)".contains("hidden"))
    }

    @Test func `has images that depend on one another`() throws {
        let project = try read(
            meta + """
                image: web
                dockerfile: D
                dependencies:
                - image: api
                  imports:
                  - { type: ImageName, targetBuildArg: API }
                  - { type: ImageDigest, targetBuildArg: API_DIGEST }
                - image: base
                ---
                image: api
                dockerfile: D
                ---
                image: base
                dockerfile: D
                """)
        #expect(
            project.image(named: "web")?.dependencies == [
                Dependency(
                    image: "api",
                    imports: [
                        .init(type: .imageName, targetBuildArg: "API"),
                        .init(type: .imageDigest, targetBuildArg: "API_DIGEST"),
                    ]),
                Dependency(image: "base", imports: []),
            ])
    }

    @Test func `is found as werf.yml or where the caller says`() throws {
        let text = meta + "image: a\ndockerfile: D\n"
        let options = ProjectOptions(hostPlatform: host)
        let project = try ProjectReader.read(
            options, files: ProjectFileSet(all: MemoryFiles(["werf.yml": text])), environment: [:], commit: commit)
        #expect(project.configPath == "werf.yml")
        for (path, cleaned) in [("./ci/w.yaml", "ci/w.yaml"), ("a/../../w.yaml", "../w.yaml")] {
            #expect(try read("", [cleaned: text]) { $0.configPath = path }.configPath == cleaned)
        }
    }

    @Test func `may have a nameless image beside intermediate ones`() throws {
        let project = try read(meta + "image: ~\ndockerfile: D\n---\nimage: b\ndockerfile: D\nfinal: false\n")
        #expect(project.images.map(\.name) == ["", "b"])
    }

    @Test(arguments: ["h:1.2.3.4", "h.example:::1", "h:fe80::1", "h:::ffff:1.2.3.4"])
    func `takes names of hosts with addresses of both kinds`(entry: String) throws {
        #expect(try readImage("image: a\ndockerfile: D\naddHost: '\(entry)'")?.addHost == [entry])
    }

    @Test func `takes a name from the caller`() throws {
        #expect(try read(meta) { $0.projectName = "other" }.name == "other")
        #expect(try read(meta) { $0.projectName = "" }.name == "shop")
    }

    @Test func `may be staged by force and loose by wish`() throws {
        let section = "image: a\ndockerfile: D\nstaged: false\ncontextAddFile: x\nsecrets: [{env: E}]"
        let image = try readImage(section) { options in
            options.forceStaged = true
            options.looseGiterminism = true
        }
        #expect(image?.staged == true)
        #expect(image?.contextAddFiles == ["x"])
    }

    @Test func `takes platforms from the caller first`() throws {
        let section = meta + "image: a\ndockerfile: D\nplatform: [linux/arm64]"
        let project = try read(section) { $0.platforms = ["linux/amd64,linux/x86_64"] }
        #expect(project.images[0].platforms == [host])
    }

    @Test func `may use anchors and merge keys`() throws {
        let image = try readImage(
            "image: a\ndockerfile: &d D\nargs: &args { X: *d, Y: 1 }\ndependencies: []\n".replacing(
                "args: &args { X: *d, Y: 1 }", with: "args:\n  <<: { X: *d, Y: 2 }\n  Y: 1"))
        #expect(image?.args.map { "\($0.name)=\($0.value)" } == ["X=D", "Y=1"])
    }
}

@Suite struct `Platforms` {
    @Test(arguments: [
        ("linux/amd64", "linux/amd64"), ("linux/x86_64", "linux/amd64"), ("Linux/AARCH64", "linux/arm64"),
        ("linux/arm64/v8", "linux/arm64"), ("linux/arm64/8", "linux/arm64"), ("linux/arm", "linux/arm/v7"),
        ("linux/arm/7", "linux/arm/v7"), ("linux/arm/v6", "linux/arm/v6"), ("linux/armhf", "linux/arm/v7"),
        ("linux/armel", "linux/arm/v6"), ("linux/i386", "linux/386"), ("linux/amd64/v1", "linux/amd64"),
        ("linux/amd64/v3", "linux/amd64/v3"), ("macos/arm64", "darwin/arm64"), ("arm64", "linux/arm64"),
        ("windows", "windows/amd64"), ("local", "linux/amd64"), ("linux/riscv64", "linux/riscv64"),
    ])
    func `are normalised as containerd does`(_ text: String, _ expected: String) {
        #expect(Platform(text, host: host)?.description == expected)
    }

    @Test(arguments: ["", "/", "linux/", "linux//v8", "a/b/c/d", "linux/arm 64", "nonsense", "linux/é"])
    func `in other forms are refused`(_ text: String) {
        #expect(Platform(text, host: host) == nil)
    }

    @Test func `are ordered by their names`() {
        let names = ["linux/arm64", "linux/amd64", "linux/arm/v7"].compactMap { Platform($0, host: host) }
        #expect(names.sorted().map(\.description) == ["linux/amd64", "linux/arm/v7", "linux/arm64"])
    }
}
