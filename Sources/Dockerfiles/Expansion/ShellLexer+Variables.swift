// `$name` and every form of `${name...}`.

extension ShellLexer {
    /// At the dollar sign.
    mutating func variable() throws(ExpansionError) -> String {
        _ = take()
        guard peek() == "{" else {
            let name = name()
            guard !name.isEmpty else { return "$" }
            return value(of: name) ?? (rules.unset == .keep ? "$" + name : "")
        }
        _ = take()
        switch peek() {
        case nil: throw failure("missing '}'")
        case "{", "}", ":": throw failure("bad substitution")
        default: return try braced(name())
        }
    }

    /// Digits, or one special parameter, or letters, digits and underscores; empty if none of these is next.
    private mutating func name() -> String {
        var name = String.UnicodeScalarView()
        guard let first = peek() else { return "" }
        if Self.isDigit(first) {
            while let scalar = peek(), Self.isDigit(scalar) {
                name.append(scalar)
                _ = take()
            }
        } else if "@*#?-$!".unicodeScalars.contains(first) {
            name.append(first)
            _ = take()
        } else {
            while let scalar = peek(), scalar.properties.isLetter || Self.isDigit(scalar) || scalar == "_" {
                name.append(scalar)
                _ = take()
            }
        }
        return String(name)
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .decimalNumber
    }

    /// Behind `${name`.
    private mutating func braced(_ name: String) throws(ExpansionError) -> String {
        switch take() {
        case nil: throw failure("missing '}'")
        case "}": return value(of: name) ?? (rules.unset == .keep ? "${\(name)}" : "")
        case ":":
            guard let next = take() else { throw failure("missing '}'") }
            guard next != "#", next != "%" else { throw unsupported(":\(next)") }
            return try alternative(name, next, emptyCounts: true)
        case let mark? where "-+?".unicodeScalars.contains(mark):
            return try alternative(name, mark, emptyCounts: false)
        case "#": return try trimmed(name, "#")
        case "%": return try trimmed(name, "%")
        case "/": return try replaced(name)
        case let other?: throw unsupported(String(other))
        }
    }

    private func unsupported(_ modifier: String) -> ExpansionError {
        failure("unsupported modifier (\(modifier)) in substitution")
    }

    /// `-` default, `+` alternative, `?` required; with a colon an empty value counts as none. What a shell alone knows,
    /// such as `${x:=y}` and `${x:0:2}`, is refused only where it would be replaced: lines for a shell are read, too.
    private mutating func alternative(
        _ name: String, _ mark: Unicode.Scalar, emptyCounts: Bool
    ) throws(ExpansionError) -> String {
        let operand = try operand(until: "}", keepsEscapes: false, missing: "missing '}'")
        let value = value(of: name)
        if rules.unset == .keep, value == nil { return "${\(name)\(emptyCounts ? ":" : "")\(mark)\(operand)}" }
        let present = emptyCounts && value == "" ? nil : value
        switch mark {
        case "-": return present ?? operand
        case "+": return present == nil ? "" : operand
        case "?":
            if let present { return present }
            let state = value == nil ? "unset" : "empty"
            throw failure("\(name): " + (operand.isEmpty ? "is not allowed to be \(state)" : operand))
        default: throw unsupported(":\(mark)")
        }
    }

    /// `#` and `%` cut the shortest match off the front or the end, doubled the longest.
    private mutating func trimmed(_ name: String, _ mark: Unicode.Scalar) throws(ExpansionError) -> String {
        let operand = try operand(until: "}", keepsEscapes: true, missing: "missing '}'")
        guard let value = value(of: name) else { return rules.unset == .keep ? "${\(name)\(mark)\(operand)}" : "" }
        let isLongest = operand.unicodeScalars.first == mark
        let text = isLongest ? String(operand.unicodeScalars.dropFirst()) : operand
        let pattern = try pattern(text)
        do {
            return mark == "#"
                ? try pattern.trimmingPrefix(of: value, longest: isLongest, stepsLeft: &stepsLeft)
                : try pattern.trimmingSuffix(of: value, longest: isLongest, stepsLeft: &stepsLeft)
        } catch {
            throw failure(error.message)
        }
    }

    /// `${name/pattern/text}` replaces the first match, `${name//pattern/text}` all.
    private mutating func replaced(_ name: String) throws(ExpansionError) -> String {
        let isEverywhere = peek() == "/"
        if isEverywhere { _ = take() }
        let operand = try operand(until: "/", keepsEscapes: true, missing: "missing '/' in ${}")
        let replacement = try self.operand(until: "}", keepsEscapes: true, missing: "missing '}'")
        guard let value = value(of: name) else {
            return rules.unset == .keep ? "${\(name)/\(operand)/\(replacement)}" : ""
        }
        let pattern = try pattern(operand)
        do {
            return try pattern.replacing(
                in: value, with: replacement, everywhere: isEverywhere, stepsLeft: &stepsLeft)
        } catch {
            throw failure(error.message)
        }
    }

    private func pattern(_ text: String) throws(ExpansionError) -> ShellPattern {
        do {
            return try ShellPattern(text)
        } catch {
            throw failure("invalid pattern (\(text)) in substitution: \(error.message)")
        }
    }
}

extension Unicode.Scalar.Properties {
    /// Unicode's categories L*, which is what Go calls a letter.
    fileprivate var isLetter: Bool {
        switch generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }
}
