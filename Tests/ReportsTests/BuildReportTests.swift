// The report files to the byte, and the names that an env file can't tell apart.
import Foundation
import Reports
import Stages
import Testing

@Suite struct `Build reports` {
    private func records() throws -> [ImageRecord] {
        let facts = try SmallWorld.facts(commit: SmallWorld.commit)
        let base = StageRecord(
            name: "FROM1", facts: try SmallWorld.facts("aa01"), pulledFrom: nil, isRebuilt: false,
            duration: .zero)
        let run = StageRecord(
            name: "RUN2", facts: facts, pulledFrom: .registry, isRebuilt: true,
            duration: .milliseconds(9_876))
        return [
            SmallWorld.record("web/front-end", facts: facts, isRebuilt: true, stages: [base, run], type: .staged),
            SmallWorld.record(
                "<a>&\"\\\u{2028}\n", facts: try SmallWorld.facts("bb02", manifest: false), isFinal: false),
        ]
    }

    @Test func `the JSON report is werf's to the byte`() throws {
        #expect(
            String(decoding: BuildReport.json(try records(), isInContainer: true), as: UTF8.self)
                == String(decoding: try SmallWorld.input("report.json"), as: UTF8.self))
    }

    @Test func `the JSON report can be read back`() throws {
        let json = try JSONSerialization.jsonObject(with: Data(BuildReport.json(try records())))
        let report = try #require(json as? [String: Any])
        #expect((report["Runtime"] as? [String: Any])?["InContainer"] as? Bool == false)
        let images = try #require(report["Images"] as? [String: [String: Any]])
        #expect(images.keys.sorted() == ["<a>&\"\\\u{2028}\n", "web/front-end"])
        #expect(images["web/front-end"]?["BuildTime"] as? String == "12.34")
        #expect((images["web/front-end"]?["Stages"] as? [[String: Any]])?.count == 2)
    }

    @Test func `without images the maps are empty`() {
        #expect(
            String(decoding: BuildReport.json([]), as: UTF8.self)
                == "{\n\t\"Runtime\": {\n\t\t\"Backend\": \"buildah\",\n\t\t\"InContainer\": false\n\t},\n"
                + "\t\"Images\": {},\n\t\"ImagesByPlatform\": {}\n}\n")
    }

    @Test func `images are ordered by bytes and the last of a name counts`() throws {
        let facts = try SmallWorld.facts()
        let names = ["b", "a", "Z", "é", "a/b", "a-b"].map { SmallWorld.record($0, facts: facts, isRebuilt: false) }
        let text = String(
            decoding: BuildReport.json(names + [SmallWorld.record("a", facts: facts, isRebuilt: true)]), as: UTF8.self)
        let keys = text.split(separator: "\n").filter { $0.hasPrefix("\t\t\"") && $0.hasSuffix("{") }
        #expect(keys == ["Z", "a", "a-b", "a/b", "b", "é"].map { "\t\t\"\($0)\": {" })
        #expect(text.split(separator: "\"Rebuilt\": true").count == 2)
    }

    @Test func `control characters are escaped as Go does`() throws {
        let text = String(
            decoding: BuildReport.json([SmallWorld.record("\u{1}\u{8}\u{C}\r\t\u{7F}", facts: try SmallWorld.facts())]),
            as: UTF8.self)
        #expect(text.contains("\"WerfImageName\": \"\\u0001\\b\\f\\r\\t\u{7F}\""))
    }

    @Test func `the env report is werf's`() throws {
        let records = [
            SmallWorld.record("web/front-end.x", facts: try SmallWorld.facts()),
            SmallWorld.record("", facts: try SmallWorld.facts("bb02", manifest: false), isFinal: false),
        ]
        #expect(
            String(decoding: BuildReport.env(records), as: UTF8.self)
                == String(decoding: try SmallWorld.input("report.env"), as: UTF8.self))
    }

    @Test func `names that come to one key are told`() throws {
        let facts = try SmallWorld.facts()
        let records = ["a-b", "c", "a/b", "A.B"].map { SmallWorld.record($0, facts: facts) }
        let collision = try #require(BuildReport.collisions(records).first)
        #expect(BuildReport.collisions(records).count == 1)
        #expect(collision.prefix == "WERF_A_B_")
        #expect(collision.images == ["A.B", "a-b", "a/b"])
        #expect(collision.description.contains("a/b can be read"))
        #expect(
            BuildReport.collisions([SmallWorld.record("", facts: facts), SmallWorld.record("x", facts: facts)]).isEmpty)
    }

    @Test(arguments: [
        ("report", "report.json", BuildReportPath.Format.json), ("a.b/report", "a.b/report.json", .json),
        (".werf-build-report.json", ".werf-build-report.json", .json), ("x/r.env", "x/r.env", .env),
        (".env", ".env", .env),
    ])
    func `the extension gives the format`(given: String, path: String, format: BuildReportPath.Format) throws {
        let place = try BuildReportPath(given)
        #expect(place.path == path)
        #expect(place.format == format)
    }

    @Test(arguments: ["report.yaml", "report.JSON", ".werf-build-report", "report.", "", "reports/"])
    func `other extensions are refused`(path: String) throws {
        let error = try #require(throws: BuildReportPathError.self) { try BuildReportPath(path) }
        #expect(error.description.contains("json"))
        if path.contains(".") { #expect(error.description.contains(".json or .env")) }
    }
}
