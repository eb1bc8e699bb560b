// Short ways to render a text in the tests of this module.
import Templates

func render(_ text: String, _ data: [String: TemplateValue] = [:]) throws(TemplateError) -> String {
    try render(["werf.yaml": text], data)
}

/// Renders the template werf.yaml; the others are there to be called.
func render(
    _ templates: [String: String], _ data: [String: TemplateValue] = [:], limits: TemplateLimits = TemplateLimits()
) throws(TemplateError) -> String {
    var engine = TemplateEngine(limits: limits)
    for (name, text) in templates.sorted(by: { $0.key < $1.key }) where name != "werf.yaml" {
        try engine.add(text, as: name, file: ".werf/\(name)")
    }
    try engine.add(templates["werf.yaml"] ?? "", as: "werf.yaml")
    return try engine.render("werf.yaml", .map(of: data))
}

func problem(
    of text: String, _ data: [String: TemplateValue] = [:], limits: TemplateLimits = TemplateLimits()
) -> String {
    do throws(TemplateError) {
        return "no error: \(try render(["werf.yaml": text], data, limits: limits))"
    } catch {
        return "\(error)"
    }
}

/// Made anew for each use: rendering may empty it.
func sampleData() -> [String: TemplateValue] {
    [
        "name": .string("web"), "empty": .string(""), "zero": .int(0), "seven": .int(7), "half": .float(0.5),
        "yes": .bool(true), "no": .bool(false),
        "list": .list(of: ["a", "b", "c"]), "none": .list(of: [String]()),
        "map": .map(of: ["x": .int(1), "b": .string("two"), "a": .list(of: ["q"])]),
        "deep": .map(of: ["one": .map(of: ["two": .string("found")])]),
        "Files": .object(SampleFiles()),
    ]
}

struct SampleFiles: TemplateObject {
    var members: [String] { ["Get", "Name"] }

    func call(_ member: String, _ arguments: [TemplateValue]) throws(FunctionFailure) -> TemplateValue? {
        switch member {
        case "Name": return .string("files")
        case "Get":
            guard arguments.count == 1, case .string(let path) = arguments[0] else {
                throw FunctionFailure("one path.")
            }
            guard path != "missing" else { throw FunctionFailure("the file missing does not exist.") }
            return .string("<\(path)>")
        default: return nil
        }
    }
}
