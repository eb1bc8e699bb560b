// Go templates: rendered within their limits to the same text each time, or refused with a place.
import Templates

func checkTemplate(_ bytes: [UInt8]) throws(BrokenProperty) {
    let text = String(decoding: bytes, as: UTF8.self)
    let rendered: String
    do throws(TemplateError) {
        rendered = try render(text)
    } catch {
        try require(error.line >= 1 && error.column >= 1 && !error.problem.isEmpty, "no place: \(error)")
        return
    }
    try require(rendered.utf8.count <= limits.outputBytes, "the text grew without end")
    try require((try? render(text)) == rendered, "rendered twice, it is another text")
    if !text.contains("{{") { try require(rendered == text, "nothing to render, and it became \(rendered)") }
}

private let limits: TemplateLimits = {
    var limits = TemplateLimits()
    limits.steps = 5_000
    limits.outputBytes = 20_000
    limits.workBytes = 200_000
    return limits
}()

private func render(_ text: String) throws(TemplateError) -> String {
    var engine = TemplateEngine(limits: limits)
    try engine.add(text, as: "werf.yaml")
    return try engine.render("werf.yaml", .map(of: data()))
}

/// Made anew for each use: rendering may change it.
private func data() -> [String: TemplateValue] {
    [
        "s": .string("web"), "e": .string(""), "i": .int(7), "z": .int(0), "f": .float(0.5), "t": .bool(true),
        "l": .list(of: ["a", "b", "c"]), "n": .list(of: [String]()),
        "m": .map(of: ["x": .int(1), "b": .string("two"), "a": .list(of: ["q"])]),
    ]
}
