// The sets of a build: how werf numbers, names and lists their images (werf.md 4.2).

package struct PlanText: Sendable {
    private struct Place {
        let number: Int
        let isFinal: Bool
    }

    package let sets: [[PlannedImage]]
    /// Images at the same time; nil: any number.
    package let limit: Int?
    private let places: [String: Place]
    private let count: Int

    package init(sets: [[PlannedImage]] = [], limit: Int? = nil) {
        self.sets = sets
        self.limit = limit
        var places: [String: Place] = [:]
        var count = 0
        for image in sets.joined() {
            count += 1
            places[image.name] = Place(number: count, isFinal: image.isFinal)
        }
        self.places = places
        self.count = count
    }

    /// The block that is printed before the build: none for one image, or when images are built one by one.
    package func lines(_ options: LogOptions) -> [String] {
        guard count > 1, limit != 1 else { return [] }
        let style = LogStyle(options: options)
        var title = "Concurrent build plan"
        if let limit, limit > 0 { title += " (no more than \(limit) images at the same time)" }
        return style.block(title, rows(style) { _ in "" })
    }

    /// `Set #0:` and its images, each with `suffix` of its name.
    func rows(_ style: LogStyle, suffix: (String) -> String) -> [String] {
        var rows: [String] = []
        for (number, images) in sets.enumerated() {
            rows.append(style.paint("Set #\(number):", .title))
            rows += images.map { "- " + style.paint(label($0.name, style), paint($0.name)) + suffix($0.name) }
        }
        return rows
    }

    /// `🛳️  (1/3) image backend`, the glyph being werf's for final and for intermediate images.
    func label(_ name: String, _ style: LogStyle) -> String {
        let glyph = style.options.isPretty ? (isFinal(name) ? "🛳️  " : "🏗️  ") : ""
        let place = places[name].map { "(\($0.number)/\(count)) " } ?? ""
        return glyph + place + "image " + (name.isEmpty ? "~" : HarmlessText.title(name))
    }

    func contains(_ name: String) -> Bool { places[name] != nil }

    func paint(_ name: String) -> LogStyle.Paint { isFinal(name) ? .finalImage : .intermediateImage }

    /// Without a plan every image is one that was asked for.
    private func isFinal(_ name: String) -> Bool { places[name]?.isFinal ?? places.isEmpty }
}
