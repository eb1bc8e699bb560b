// A file with templates as real projects write them.
import Projects
import Testing

let realisticConfig = """
    {{- $services := list "api" "worker" "web" -}}
    {{- $defaults := dict "context" "services" "goVersion" "1.22" -}}
    project: {{ env "PROJECT" "shop" }}
    configVersion: 1
    build:
      cacheVersion: {{ .Files.Get "ci/cache-version" | trim | quote }}
    ---
    image: base
    dockerfile: docker/base.Dockerfile
    final: false
    args:
      RELEASE: {{ env "RELEASE" | quote }}
      COMMIT: {{ .Commit.Hash | trunc 8 }}
    {{- range $index, $service := $services }}
    ---
    {{- $context := merge (dict "name" $service "port" (add 8000 $index)) $defaults }}
    {{ include "service.tmpl" $context }}
    {{- end }}
    {{- if eq .Env "dev" }}
    ---
    image: tools
    dockerfile: docker/tools.Dockerfile
    {{- end }}
    {{- $extra := .Files.Get "ci/extra.yaml" | fromYaml }}
    {{- range $name, $image := $extra.images }}
    ---
    image: {{ $name }}
    {{ $image | toYaml }}
    {{- end }}
    {{- range $path, $text := .Files.Glob "jobs/*/job.txt" }}
    ---
    image: job-{{ base (dir $path) }}
    dockerfile: {{ tpl $text $defaults | trim }}
    {{- end }}

    """

let realisticFiles = [
    "werf-giterminism.yaml": """
    giterminismConfigVersion: 1
    config:
      goTemplateRendering:
        allowEnvVariables: [PROJECT, /REL.+/]
    """,
    ".werf/service.tmpl": """
    {{- define "args" }}
      PORT: {{ .port }}
      GO_VERSION: {{ .goVersion | quote }}
    {{- end -}}
    image: {{ .name }}
    dockerfile: {{ .name }}/Dockerfile
    context: {{ .context }}
    args: {{- include "args" . }}
    dependencies:
    - image: base
      imports:
      - type: ImageName
        targetBuildArg: BASE
    """,
    ".werf/nested/unused.tmpl": "{{ define \"unused\" }}{{ end }}",
    "ci/cache-version": "7\n",
    "ci/extra.yaml": "images:\n  docs: {dockerfile: docs/Dockerfile, args: {V: 2}}\n",
    "jobs/mail/job.txt": "jobs/{{ .goVersion }}.Dockerfile\n",
]

@Suite struct `A file with templates` {
    @Test func `gives images as if it were written out`() throws {
        let project = try read(realisticConfig, realisticFiles, environment: ["RELEASE": "r1"])
        #expect(project.name == "shop")
        #expect(project.meta.cacheVersion == "7")
        #expect(project.images.map(\.name) == ["base", "api", "worker", "web", "docs", "job-mail"])
        let base = try #require(project.image(named: "base"))
        #expect(
            base.args == [
                BuildArgument(name: "COMMIT", value: "8b15a3b8"), BuildArgument(name: "RELEASE", value: "r1"),
            ])
        let worker = try #require(project.image(named: "worker"))
        #expect(worker.context == "services" && worker.dockerfile == "worker/Dockerfile")
        #expect(
            worker.args == [
                BuildArgument(name: "GO_VERSION", value: "1.22"), BuildArgument(name: "PORT", value: "8001"),
            ])
        #expect(worker.location.rendered)
        #expect(project.image(named: "docs")?.args == [BuildArgument(name: "V", value: "2")])
        #expect(project.image(named: "job-mail")?.dockerfile == "jobs/1.22.Dockerfile")
    }

    @Test func `sees the environment's name`() throws {
        let project = try read(realisticConfig, realisticFiles, environment: ["RELEASE": "r1"]) {
            $0.environmentName = "dev"
        }
        #expect(project.images.map(\.name).contains("tools"))
    }

    @Test(arguments: [
        Mistake(
            "{{ env \"HOME\" }}",
            "werf.yaml:1:4: `env`: the environment variable HOME is not allowed by giterminism. Add it to config.goTemplateRendering.allowEnvVariables"
        ),
        Mistake("{{ env \"HOME\" \"d\" }}", "werf.yaml:1:4: `env`: the environment variable HOME is not allowed"),
        Mistake("{{ env \"PROJECT\" }}", "werf.yaml:1:4: `env`: the environment variable PROJECT is not set"),
        Mistake("{{ .Files.Get \"nope\" }}", "werf.yaml:1:4: `.Get`: the file nope does not exist"),
        Mistake("{{ .Files.Get \"../nope\" }}", "werf.yaml:1:4: `.Get`: the path ../nope leaves the project"),
        Mistake("{{ .Files.Get 1 }}", "`.Get`: one path is expected, as a string"),
        Mistake("{{ .Files.Read \"x\" }}", "there is no `.Read` here"),
        Mistake("{{ sha256sum \"x\" }}", "the function `sha256sum` is not known"),
        Mistake("{{ fromYaml \"a: [\" }}", "`fromYaml`: the text:2:1: this is not YAML"),
        Mistake("{{ fromYaml \"[a]\" }}", "`fromYaml`: the text is a list, not a mapping"),
        Mistake("{{ .Env.x }}", "`.x` of a value of type string"),
        Mistake("{{ include \"service.tmpl\" (dict) }}\n{{ fail \"x\" }}", "werf.yaml:2:4: `fail`: x"),
        Mistake("{{ include \"broken\" . }}", "werf.yaml:1:4: there is no template \"broken\""),
        Mistake("{{ end }}", "werf.yaml:1:4: `end` without a beginning"),
    ])
    func `with a mistake names its place`(_ mistake: Mistake) {
        let problem = problem(mistake.text, realisticFiles)
        #expect(problem.contains(mistake.expected), "\(problem)")
    }

    @Test func `with a mistake in another template names that`() {
        let problem = problem(
            "{{ include \"x\" . }}", [".werf/a/b.tmpl": "{{ define \"x\" }}\n{{ fail \"no\" }}{{ end }}"])
        #expect(problem == ".werf/a/b.tmpl:2:4: `fail`: no (called from werf.yaml:1:4)")
    }

    @Test(arguments: [
        Mistake(
            "{{ .Files.Exists \"ci/cache-version\" }} {{ .Files.IsDir \"ci\" }} {{ .Files.Exists \"x\" }}",
            "true true false"),
        Mistake("{{ .Commit.Date.Unix }} {{ .Commit.Date.Human }}", "1795224600 2026-11-21 01:30:00 +0000 UTC"),
        Mistake("{{ env \"PROJECT\" \"\" }}|{{ env \"RELEASE\" \"d\" }}", "|d"),
        Mistake(
            "{{ toYaml (dict \"a\" (list 1 \"x: y\" (dict \"k\" nil)) \"b\" (dict)) | quote }}",
            #""a:\n- 1\n- \"x: y\"\n- k: null\nb: {}""#),
        Mistake("{{ (fromYaml \"a: {b: [1, yes, 1.5, ~]}\").a.b }}", "[1 true 1.5 <nil>]"),
        Mistake(
            "{{ toYaml (list (list 1 2) (dict \"x\" 1 \"z\" \"true\")) | quote }}",
            #""- - 1\n  - 2\n- x: 1\n  z: \"true\"""#),
        Mistake("{{ sha256sum \"abc\" }}", "sum of 3"),
        Mistake("{{ .Files.Glob \"*.nope\" }}{{ range .Files.Glob \"**/x\" }}x{{ end }}", "map[]"),
    ])
    func `has werf's functions and data`(_ example: Mistake) throws {
        let config = "# \(example.text)\n\(meta)"
        let project = try read(config, realisticFiles, environment: ["RELEASE": ""]) { options in
            options.sha256 = { "sum of \($0.count)" }
        }
        #expect(project.rendered == "# \(example.expected)\n\(meta)")
    }

    @Test func `finds templates in the folder that the caller names`() throws {
        let files = ["tpl/a/x.tmpl": "from a", ".werf/a/x.tmpl": "elsewhere"]
        let inFolder = try read("# {{ include \"a/x.tmpl\" . }}\n\(meta)", files) { $0.templatesDirectory = "./tpl/" }
        #expect(inFolder.rendered.hasPrefix("# from a\n"))
        let beside = try read("# {{ include \"a/x.tmpl\" . }}\n\(meta)", ["../tpl/a/x.tmpl": "from beside"]) {
            $0.templatesDirectory = "a/../../tpl"
        }
        #expect(beside.rendered.hasPrefix("# from beside\n"))
    }

    @Test func `may have lines that end as on Windows`() throws {
        let text = "{{- if true }}\r\nconfigVersion: 1\r\nproject: shop\r\n{{- end }}\r\n---\r\n"
        let images = "image: a\r\ndockerfile: D\r\n---\r\nimage: b\r\ndockerfile: D\r\nfinal: false\r\n"
        let project = try read(text + images)
        #expect(project.images.map(\.name) == ["a", "b"])
        #expect(problem(meta + "image: a\r\ndockerfile: D\r\nfinl: x").hasPrefix("werf.yaml:6:1: unknown key `finl`"))
    }

    /// Which exceptions a reader of the project sees depends on what it reads.
    private struct LabelledFiles: ProjectFiles {
        let texts: [String: String]
        let allows: @Sendable (String) -> Bool

        func read(_ path: String) -> [UInt8]? { allows(path) ? texts[path].map { Array($0.utf8) } : nil }
        func exists(_ path: String) -> Bool { allows(path) && texts[path] != nil }
        func isAnywhere(_ path: String) -> Bool { texts[path] != nil }
        func isDirectory(_ path: String) -> Bool { false }
        func glob(_ pattern: String) -> [String] { texts.keys.filter(allows).sorted() }
        func list(under folder: String) -> [String] {
            texts.keys.filter { $0.hasPrefix(folder + "/") && allows($0) }.sorted()
        }
    }

    @Test(arguments: [
        ("goTemplateRendering: {allowUncommittedFiles: [\"**/*\"]}", ["templateFiles"]),
        ("dockerfile: {allowUncommitted: [\"**/*\"]}", ["dockerfiles"]),
        ("dockerfile: {allowUncommittedDockerignoreFiles: [\"**/*\"]}", ["ignoreFiles"]),
        ("allowUncommittedTemplates: [\"**/*\"]", ["templates"]), ("allowUncommitted: true", ["config"]),
    ])
    func `sees uncommitted files only of the kind that is allowed`(rule: String, kinds: [String]) throws {
        let rules = try Giterminism(text: "giterminismConfigVersion: 1\nconfig: {\(rule)}\n", file: "g")
        let files = ProjectFileSet(under: rules) { LabelledFiles(texts: ["x": "x"], allows: $0) }
        let seen = try [
            ("config", files.config), ("templates", files.templates), ("templateFiles", files.templateFiles),
            ("dockerfiles", files.dockerfiles), ("ignoreFiles", files.ignoreFiles), ("others", files.others),
        ].filter { try $0.1.exists("x") }.map(\.0)
        #expect(seen == kinds)
    }

    @Test func `is loose when the caller says so`() throws {
        let config = "# {{ env \"HOME\" }}{{ env \"NOPE\" }}\n\(meta)"
        let project = try read(config, environment: ["HOME": "/h"]) { $0.looseGiterminism = true }
        #expect(project.rendered.hasPrefix("# /h\n"))
    }

    @Test func `says when a line counts in the rendered text`() {
        let kept = "# {{ 1 }}\n\(meta)image: a\ndockerfile: D\nfinl: {{ true }}\n"
        #expect(problem(kept).hasPrefix("werf.yaml:7:1: unknown key `finl`"))
        let moved = "{{ range list 1 2 }}\n# x\n{{ end }}\n\(meta)image: a\ndockerfile: D\nfinl: true\n"
        #expect(problem(moved).hasPrefix("the rendered werf.yaml:11:1: unknown key `finl`"))
    }
}
