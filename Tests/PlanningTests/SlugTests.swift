// Slugs and service tags, with the vectors of werf's own tests.
import Digests
import Planning
import Testing

@Suite struct `Slugs` {
    private static func x(_ count: Int) -> String { String(repeating: "x", count: count) }

    @Test(arguments: [
        ("", ""), ("data", "data"), ("A", "a-54dcf7ce"), (x(43), x(33) + "-27e2f02f"), ("a--b", "a--b"),
    ])
    func `a slug of at most 42 characters`(_ name: String, _ slug: String) {
        #expect(Slug.limited(name, limit: 42) == slug)
        #expect(Slug.limited(slug, limit: 42) == slug)
    }

    @Test(arguments: [
        ("postgres-feature-31981-change-delivery-date-del-result", "postgres-feature-31981-change-delivery--852739dc"),
        ("php_fpm_exporter-monitoring-dev-encrypt-1", "php-fpm-exporter-monitoring-dev-encrypt--83286e5"),
    ])
    func `a slug may be cut at a dash, and is left alone then`(_ name: String, _ slug: String) {
        #expect(Slug.limited(name, limit: 48) == slug)
        #expect(Slug.limited(slug, limit: 48) == slug)
    }

    @Test(arguments: [
        ("", ""), ("-data", "data-a871d86e"), ("da/ta", "da-ta-afa96f8"), ("Da.ta_1", "Da.ta_1"),
        (x(129), x(119) + "-8cca70eb"), (x(128), x(128)),
    ])
    func `a docker tag`(_ name: String, _ tag: String) {
        #expect(Slug.tag(name) == tag)
        #expect(Slug.tag(tag) == tag)
    }

    @Test func `what separates becomes one dash, and other characters go`() {
        #expect(Slug.simplified("--A_(b)[c]{d},e.f;g:h=i+j<k>l~m&n/o p--") == "a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-p")
        #expect(Slug.simplified("a@b#c$d%e'f\"g!") == "abcdefg")
        #expect(Slug.simplified("a-@-b-@") == "a-b")
        #expect(Slug.simplified("@@") == "")
        #expect(Slug.tag("@@") == JoinedHash.murmur(["@@"]))
    }

    @Test func `letters with marks, and Russian ones, become plain ones`() {
        #expect(Slug.simplified("Straße Ærø Łódź ñ ÿ") == "strabe-aero-lodz-n-y")
        #expect(Slug.simplified("Объект Щука Ёж") == "obyekt-shchuka-yozh")
    }
}

@Suite struct `Service tags` {
    private static let digest = String(repeating: "ab", count: 28)

    @Test(arguments: [
        ("backend", "backend"), ("", "__nameless__"), ("a/b c+d", "a__slash__b__space__c__plus__d"), ("A.b-c", "A.b-c"),
    ])
    func `a managed image's tag`(_ name: String, _ id: String) {
        #expect(ServiceTags.managedImage(name) == "managed-image-" + id)
    }

    @Test func `a name that can't be a tag is a slug there`() {
        #expect(ServiceTags.managedImage("-data") == "managed-image-data-a871d86e")
        #expect(ServiceTags.managedImage("a:b").hasPrefix("managed-image-a-b-"))
        for name in [String(repeating: "x", count: 115), String(repeating: "x", count: 1_000)] {
            let tag = ServiceTags.managedImage(name)
            #expect(tag.utf8.count == 128)
            #expect(Slug.isTag(tag))
        }
        let fits = String(repeating: "x", count: 114)
        #expect(ServiceTags.managedImage(fits) == "managed-image-" + fits)
    }

    @Test func `a commit's tag has the hash of the name, the commit and the stage`() throws {
        let stage = try #require(StageID(tag: Self.digest + "-1700000000000"))
        let tail = "_c0ffee_\(stage)"
        #expect(ServiceTags.metadata(image: "backend", commit: "c0ffee", stage: stage) == "meta-27dba8ed" + tail)
        #expect(
            ServiceTags.metadata(image: "", commit: "c0ffee", stage: stage)
                == "meta-" + JoinedHash.murmur([""]) + tail)
        #expect(
            ServiceTags.metadata(image: "a/b", commit: "c0ffee", stage: stage)
                == "meta-" + JoinedHash.murmur(["a/b"]) + tail)
        // werf reads the name back from the managed image's tag, where it may be a slug.
        #expect(
            ServiceTags.metadata(image: "-data", commit: "c0ffee", stage: stage)
                == "meta-" + JoinedHash.murmur(["data-a871d86e"]) + tail)
    }
}
