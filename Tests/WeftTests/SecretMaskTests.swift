// No value of a secret is printed.
import Foundation
import Images
import Projects
import Testing

@testable import weft

@Suite struct `Secrets in explanations` {
    private func image(_ secrets: [Secret], args: [BuildArgument] = []) -> DockerfileImage {
        var image = DockerfileImage(
            name: "app", dockerfile: "Dockerfile", location: ConfigLocation(file: "werf.yaml", line: 1))
        image.secrets = secrets
        image.args = args
        return image
    }

    @Test func `a value is masked wherever it stands`() {
        let mask = SecretMask([image([Secret(id: "a", source: .value("hunter22"))])])
        #expect(mask.masked("echo hunter22 | x") == "echo *** | x")
        #expect(mask.masked("echo other") == "echo other")
    }

    @Test func `a short value is masked as a word of its own`() {
        let mask = SecretMask([image([Secret(id: "a", source: .value("xy"))])])
        #expect(mask.masked("xy") == "***")
        #expect(mask.masked("proxy") == "proxy")
    }

    @Test func `of two values the longer one goes first`() {
        let mask = SecretMask([
            image([Secret(id: "a", source: .value("pass")), Secret(id: "b", source: .value("password"))])
        ])
        #expect(mask.masked("password") == "***")
    }

    @Test func `the configuration names secrets without values`() throws {
        let image = image(
            [Secret(id: "token", source: .value("hunter22")), Secret(id: "key", source: .file("/k"))],
            args: [BuildArgument(name: "COPY_OF_IT", value: "is hunter22")])
        let explanation = ConfigExplanation(Project(name: "shop", images: [image], rendered: "value: hunter22"))
        let texts = [explanation.lines.joined(separator: "\n"), try JSONText.of(explanation)]
        for text in texts {
            #expect(!text.contains("hunter22"))
            #expect(text.contains("secret token with a value") && text.contains("secret key from the file /k"))
        }
    }
}
