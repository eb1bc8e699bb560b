// Numbers and build events from a seed: the same in every run.
import Reports
import Stages

struct SeededNumbers {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % bound
    }

    private static let lines = [
        "", "short", String(repeating: "long ", count: 30), "日本語のとても長い行です、そしてまだ続きます", "\u{1B}[31mred\u{1B}[2Jx",
        "50%\r60%\r",
        "\u{1B}[5Aup\u{8}\u{7}", "a\nb", "e\u{301}e\u{301}", "\ttab", "👍🛳️",
    ]

    mutating func event() throws -> BuildEvent {
        let title = SmallWorld.title(
            ["backend", "日本", "a/very/long/name/of/an/image"][next(3)], "RUN\(next(6))",
            Self.lines[next(Self.lines.count)])
        switch next(12) {
        case 0: return .stageStarted(title)
        case 1: return .stageRan(title, duration: .seconds(1), layerByteCount: 5)
        case 2: return .stageReused(title, try SmallWorld.facts())
        case 3: return .publishStarted(title, repo: SmallWorld.repo)
        case 4: return .stagePublished(title, try SmallWorld.facts(), duration: .seconds(1), adopted: false)
        case 5: return .stageFailed(title, message: "why")
        case 6: return .stageStopped(title)
        case 7:
            let transfer = Transfer(.pull, subject: title.image, blob: try SmallWorld.blob("\(next(9))"))
            return .transferred(transfer, byteCount: Int64(next(5)), total: next(2) == 0 ? 4 : nil)
        case 8: return .warning(Self.lines[next(Self.lines.count)])
        default: return .stageOutput(title, line: Self.lines[next(Self.lines.count)], isError: false)
        }
    }
}
