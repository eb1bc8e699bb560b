// Names made of templates, as werf.md 7 has them.
import Planning
import Testing

@Suite struct `Templates of tags` {
    private func text(_ template: String, image: String = "da/ta") throws -> String {
        try TagTemplate(template).text(TagTemplate.Values(image: image, contentTag: "abc-123"))
    }

    @Test(arguments: [
        ("registry/app:%image%-latest", "registry/app:da/ta-latest"),
        ("registry/app:%image_safe_slug%", "registry/app:da-ta-afa96f8"),
        ("registry/app:%image_content_based_tag%", "registry/app:abc-123"),
        ("registry/%image%:% image_safe_slug %", "registry/da/ta:da-ta-afa96f8"),
        ("registry/app:1", "registry/app:1"),
    ])
    func `words of the image are filled in`(template: String, expected: String) throws {
        #expect(try text(template) == expected)
    }

    /// werf's `Slug` only simplifies; it neither cuts nor hashes.
    @Test func `a slug is the name in lower case without special characters`() throws {
        #expect(try text("%image_slug%", image: "Da/ta_1") == "da-ta-1")
    }

    @Test func `a name that is a tag is its own safe slug`() throws {
        #expect(try text("%image_safe_slug%", image: "Back_end.1") == "Back_end.1")
    }

    @Test(arguments: ["a:%", "a:%image", "a:%imag%", "a:%%", "a:%image% %"])
    func `what is no template is refused`(template: String) {
        #expect(throws: TagTemplate.Failure.self) { try TagTemplate(template) }
    }
}
