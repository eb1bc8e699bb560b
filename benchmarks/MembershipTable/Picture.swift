// Draws the growth table as an SVG: seconds until a death and news are known, over the nodes.
import Foundation

struct Picture {
    private struct Series {
        let name: String
        let colour: String
        let values: [Double]
    }

    private let sizes: [Double]
    private let seconds: [Series]
    private let bytes: [Series]

    // Readable on white and on black, as the other pictures.
    private static let ink = "#808080"
    private static let panel = (width: 330.0, height: 240.0)

    init(_ rows: [GrowthRow]) {
        sizes = rows.map { Double($0.size) }
        seconds = [
            Series(name: "death known to all", colour: "#e8590c", values: rows.map(\.all)),
            Series(name: "to the median node", colour: "#1c8adb", values: rows.map(\.median)),
            Series(name: "to the first", colour: "#2f9e44", values: rows.map(\.first)),
            Series(name: "news known to all", colour: "#9c5fd6", values: rows.map(\.news)),
        ]
        bytes = [Series(name: "idle", colour: "#e8590c", values: rows.map(\.idleBytes))]
    }

    var svg: String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 330" font-family="sans-serif" font-size="11">
        \(panel("Seconds, virtual", seconds, at: 45))
        \(panel("Bytes a node sends in a second", bytes, at: 520))
        </svg>

        """
    }

    private func panel(_ title: String, _ series: [Series], at left: Double) -> String {
        let top = series.flatMap(\.values).filter(\.isFinite).max() ?? 1
        let step = Self.step(top)
        let ceiling = (top / step).rounded(.up) * step
        var parts = ["<g transform=\"translate(\(left) 45)\">"]
        parts.append("<text x=\"0\" y=\"-20\" fill=\"\(Self.ink)\" font-size=\"13\">\(title)</text>")
        for mark in stride(from: 0, through: ceiling, by: step) {
            let y = Self.panel.height * (1 - mark / ceiling)
            parts.append(line(0, y, Self.panel.width, y, opacity: 0.25))
            parts.append(label("\(Int(mark))", -6, y + 4, "end"))
        }
        for size in sizes { parts.append(label("\(Int(size))", x(size), Self.panel.height + 16, "middle")) }
        parts.append(label("nodes", Self.panel.width / 2, Self.panel.height + 32, "middle"))
        for (number, one) in series.enumerated() { parts.append(curve(one, number, ceiling)) }
        return (parts + ["</g>"]).joined(separator: "\n")
    }

    private func curve(_ series: Series, _ number: Int, _ ceiling: Double) -> String {
        let points = zip(sizes, series.values).filter { $0.1.isFinite }
            .map { "\(round(x($0.0))),\(round(Self.panel.height * (1 - $0.1 / ceiling)))" }
        let y = 12.0 + Double(number) * 15
        return
            "<polyline fill=\"none\" stroke-width=\"2\" stroke=\"\(series.colour)\" points=\"\(points.joined(separator: " "))\"/>"
            + "<text x=\"12\" y=\"\(y)\" fill=\"\(series.colour)\">\(series.name)</text>"
    }

    private func x(_ size: Double) -> Double {
        let first = log(sizes.first ?? 1)
        let last = log(sizes.last ?? 10)
        return last > first ? (log(size) - first) / (last - first) * Self.panel.width : 0
    }

    private func label(_ text: String, _ x: Double, _ y: Double, _ anchor: String) -> String {
        "<text x=\"\(round(x))\" y=\"\(round(y))\" fill=\"\(Self.ink)\" text-anchor=\"\(anchor)\">\(text)</text>"
    }

    private func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, opacity: Double) -> String {
        "<line x1=\"\(x1)\" y1=\"\(round(y1))\" x2=\"\(x2)\" y2=\"\(round(y2))\" stroke=\"\(Self.ink)\" opacity=\"\(opacity)\"/>"
    }

    private func round(_ value: Double) -> Double { (value * 10).rounded() / 10 }

    /// 1, 2 or 5 of a power of ten: about five marks.
    private static func step(_ top: Double) -> Double {
        let power = pow(10, floor(log10(max(top, 0.1) / 5)))
        return [1, 2, 5, 10].map { $0 * power }.first { top / $0 <= 6 } ?? 10 * power
    }
}
