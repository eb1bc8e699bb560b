// The patterns of `${x#p}`, `${x%p}` and `${x/p/t}`: `*`, `?`, and literal characters.

struct ShellPattern {
    private enum Element: Equatable {
        case scalar(Unicode.Scalar)
        case any
        case anything
    }

    private let elements: [Element]

    init(_ text: String) throws(Fault) {
        var elements: [Element] = []
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "*": if elements.last != .anything { elements.append(.anything) }
            case "?": elements.append(.any)
            case "\\": elements.append(.scalar(try Self.escaped(&rest)))
            default: elements.append(.scalar(scalar))
            }
        }
        guard elements.count <= DockerfileLimits.expansionPatternMax else {
            throw Fault("it has more than \(DockerfileLimits.expansionPatternMax) characters")
        }
        self.elements = elements
    }

    private init(elements: [Element]) { self.elements = elements }

    /// `}` and `/` are escaped for the sake of the substitution, the others for the sake of the pattern.
    private static func escaped(_ rest: inout Substring.UnicodeScalarView) throws(Fault) -> Unicode.Scalar {
        guard let next = rest.popFirst() else { throw Fault("the escape character at the end escapes nothing") }
        guard "}/*?\\".unicodeScalars.contains(next) else { throw Fault("invalid escape '\\\(next)'") }
        return next
    }

    func trimmingPrefix(of value: String, longest: Bool, stepsLeft: inout Int) throws(Fault) -> String {
        let text = Array(value.unicodeScalars)
        guard let end = try end(in: text, from: 0, longest: longest, &stepsLeft) else { return value }
        return string(text[end...])
    }

    /// The pattern and the value are turned around, so that the shortest match is found from the end.
    func trimmingSuffix(of value: String, longest: Bool, stepsLeft: inout Int) throws(Fault) -> String {
        let text = Array(value.unicodeScalars.reversed())
        let reversed = ShellPattern(elements: elements.reversed())
        guard let end = try reversed.end(in: text, from: 0, longest: longest, &stepsLeft) else { return value }
        return string(text[end...].reversed())
    }

    /// Leftmost matches, each as long as possible. An empty match right behind another match doesn't count.
    func replacing(
        in value: String, with replacement: String, everywhere: Bool, stepsLeft: inout Int
    ) throws(Fault) -> String {
        let text = Array(value.unicodeScalars)
        var result = String.UnicodeScalarView()
        var bytes = 0
        var copied = 0
        var start = 0
        while start <= text.count {
            guard let end = try end(in: text, from: start, longest: true, &stepsLeft) else {
                start += 1
                continue
            }
            if end > copied || start == 0 {
                result.append(contentsOf: text[copied..<start])
                result.append(contentsOf: replacement.unicodeScalars)
                copied = end
                bytes += replacement.utf8.count
                guard everywhere else { break }
            }
            guard bytes <= DockerfileLimits.expansionBytesMax else {
                throw Fault("the result has more than \(DockerfileLimits.expansionBytesMax >> 20) MiB")
            }
            start = max(end, start + 1)
        }
        result.append(contentsOf: text[copied...])
        return String(result)
    }

    private func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    /// Where the shortest or longest match that begins at `start` ends. All states advance together, so that
    /// `*a*a*a*b` costs no more than states times characters; neither `*` nor `?` matches a newline.
    private func end(
        in text: [Unicode.Scalar], from start: Int, longest: Bool, _ stepsLeft: inout Int
    ) throws(Fault) -> Int? {
        var states = reachable(from: [0])
        var index = start
        var best: Int?
        while !states.isEmpty {
            if states.last == elements.count {
                best = index
                if !longest { return index }
            }
            stepsLeft -= states.count
            guard stepsLeft > 0 else { throw Fault("matching the pattern takes too long") }
            guard index < text.count else { break }
            states = reachable(from: advance(states, over: text[index]))
            index += 1
        }
        return best
    }

    private func advance(_ states: [Int], over scalar: Unicode.Scalar) -> [Int] {
        states.compactMap { state in
            guard state < elements.count else { return nil }
            switch elements[state] {
            case .scalar(let wanted): return scalar == wanted ? state + 1 : nil
            case .any: return scalar == "\n" ? nil : state + 1
            case .anything: return scalar == "\n" ? nil : state
            }
        }
    }

    /// Ascending and without repetition, given that `states` ascend: a `*` may match nothing.
    private func reachable(from states: [Int]) -> [Int] {
        var result: [Int] = []
        for state in states {
            var state = state
            while result.last.map({ $0 < state }) ?? true {
                result.append(state)
                guard state < elements.count, elements[state] == .anything else { break }
                state += 1
            }
        }
        return result
    }
}
