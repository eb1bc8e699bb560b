// `IMAGE/STAGE` where names of images have slashes, too.
import Projects
import Testing

@testable import weft

@Suite struct `Names of stages` {
    private let project = Project(
        name: "shop",
        images: ["", "app", "app/web"].map {
            DockerfileImage(name: $0, dockerfile: "Dockerfile", location: ConfigLocation(file: "werf.yaml", line: 1))
        })

    @Test(arguments: [
        ("app", "app", nil), ("app/RUN1", "app", "app/RUN1"), ("app/web", "app/web", nil),
        ("app/web/RUN1", "app/web", "app/web/RUN1"), ("~/dockerfile", "", "~/dockerfile"),
    ])
    func `the longest image's name counts`(text: String, image: String, stage: String?) throws {
        let name = try StageName(text, in: project)
        #expect(name.image.name == image)
        #expect(name.stage == stage)
    }

    @Test func `a near name is offered`() {
        #expect { try StageName("apo/RUN1", in: project) } throws: { "\($0)".contains("did you mean \"app\"?") }
        #expect { try StageName("plam", in: project) } throws: { "\($0)".contains("did you mean \"plan\"?") }
    }
}
