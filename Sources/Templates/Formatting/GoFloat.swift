// Floating point numbers as Go's strconv writes them.

package enum GoFloat {
    /// Digits after the point that a format may ask for.
    static let maximumPrecision = 1000

    /// `%v`: the shortest digits that read back as the same number; an exponent below 0.0001 and from 1e+06 on.
    package static func shortest(_ value: Double) -> String {
        format(value, verb: "g", precision: nil)
    }

    /// As encoding/json writes it; nil for numbers that JSON has not.
    static func json(_ value: Double) -> String? {
        guard value.isFinite else { return nil }
        let size = abs(value)
        guard size != 0, size < 1e-6 || size >= 1e21 else { return format(value, verb: "f", precision: nil) }
        let text = format(value, verb: "e", precision: nil)
        return text.replacingBytes("e-0", with: "e-")
    }

    /// - Parameters:
    ///   - verb: e, f or g.
    ///   - precision: nil for the shortest digits.
    static func format(_ value: Double, verb: Character, precision: Int?) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        let sign = value.sign == .minus ? "-" : ""
        let exact = DecimalDigits(exactly: value.magnitude)
        switch verb {
        case "e":
            let digits = precision.map { exact.rounded(toDigits: $0 + 1) } ?? DecimalDigits(shortest: value.magnitude)
            return sign + digits.scientific(fraction: precision ?? max(digits.digits.count - 1, 0))
        case "f":
            let digits = precision.map { exact.rounded(toFraction: $0) } ?? DecimalDigits(shortest: value.magnitude)
            return sign + digits.positional(fraction: precision ?? max(digits.digits.count - digits.point, 0))
        default:
            let wanted = precision.map { max($0, 1) }
            let digits = wanted.map { exact.rounded(toDigits: $0) } ?? DecimalDigits(shortest: value.magnitude)
            var threshold = wanted ?? 6
            if threshold > digits.digits.count, digits.digits.count >= digits.point { threshold = digits.digits.count }
            if wanted == nil { threshold = 6 }
            let exponent = digits.point - 1
            if exponent < -4 || exponent >= threshold {
                return sign + digits.scientific(fraction: max(digits.digits.count - 1, 0))
            }
            return sign + digits.positional(fraction: max(digits.digits.count - digits.point, 0))
        }
    }
}

/// 0.d1d2d3… x 10^point, without trailing zeros; no digits for zero.
struct DecimalDigits {
    var digits: [UInt8]
    var point: Int

    private init(digits: [UInt8], point: Int) {
        self.digits = digits
        self.point = point
        let zeros = self.digits.prefix { $0 == 0 }.count
        self.digits.removeFirst(zeros)
        self.point -= zeros
        while self.digits.last == 0 { self.digits.removeLast() }
        if self.digits.isEmpty { self.point = 0 }
    }

    /// Swift prints the shortest digits that read back; only its layout differs.
    init(shortest value: Double) {
        var digits: [UInt8] = []
        var point: Int?
        var exponent = 0
        let text = value.description
        for (index, byte) in text.utf8.enumerated() {
            if byte == UInt8(ascii: ".") {
                point = digits.count
            } else if byte == UInt8(ascii: "e") {
                exponent =
                    Int(
                        text.utf8.dropFirst(index + 1).reduce(into: "") { $0.unicodeScalars.append(Unicode.Scalar($1)) }
                    ) ?? 0
                break
            } else {
                digits.append(byte - UInt8(ascii: "0"))
            }
        }
        self.init(digits: digits, point: (point ?? digits.count) + exponent)
    }

    /// All digits of a finite, not negative number: significand x 2^n, by long multiplication (at most 1,100 digits).
    init(exactly value: Double) {
        guard value != 0 else {
            self.init(digits: [], point: 0)
            return
        }
        let isSubnormal = value.exponentBitPattern == 0
        var significand = value.significandBitPattern | (isSubnormal ? 0 : 1 << 52)
        var power = (isSubnormal ? 1 : Int(value.exponentBitPattern)) - 1075
        let shift = significand.trailingZeroBitCount
        significand >>= UInt64(shift)
        power += shift
        var number: [UInt8] = String(significand).utf8.map { $0 - UInt8(ascii: "0") }.reversed()
        for _ in 0..<abs(power) { Self.multiply(&number, by: power > 0 ? 2 : 5) }
        let point = number.count - (power < 0 ? -power : 0)
        self.init(digits: number.reversed(), point: point)
    }

    /// Least significant digit first.
    private static func multiply(_ number: inout [UInt8], by factor: Int) {
        var carry = 0
        for index in number.indices {
            let product = Int(number[index]) * factor + carry
            number[index] = UInt8(product % 10)
            carry = product / 10
        }
        if carry > 0 { number.append(UInt8(carry)) }
    }

    func rounded(toDigits count: Int) -> DecimalDigits {
        guard count < digits.count else { return self }
        guard count >= 0 else { return DecimalDigits(digits: [], point: 0) }
        var kept = Array(digits[..<count])
        let next = digits[count]
        let isTie = next == 5 && digits.count == count + 1
        let isOdd = (kept.last ?? 0) % 2 == 1
        guard next > 5 || next == 5 && (!isTie || isOdd) else { return DecimalDigits(digits: kept, point: point) }
        var index = count - 1
        while index >= 0, kept[index] == 9 {
            kept[index] = 0
            index -= 1
        }
        if index >= 0 {
            kept[index] += 1
            return DecimalDigits(digits: kept, point: point)
        }
        return DecimalDigits(digits: [1] + kept, point: point + 1)
    }

    func rounded(toFraction count: Int) -> DecimalDigits {
        rounded(toDigits: point + count)
    }

    func positional(fraction: Int) -> String {
        var text = point <= 0 ? "0" : ""
        for index in 0..<max(point, 0) { text += digit(index) }
        guard fraction > 0 else { return text }
        text += "."
        for index in 0..<fraction { text += digit(point + index) }
        return text
    }

    func scientific(fraction: Int) -> String {
        var text = digit(0)
        if fraction > 0 {
            text += "."
            for index in 1...fraction { text += digit(index) }
        }
        let exponent = digits.isEmpty ? 0 : point - 1
        let size = String(abs(exponent))
        return text + (exponent < 0 ? "e-" : "e+") + (size.utf8.count < 2 ? "0" : "") + size
    }

    private func digit(_ index: Int) -> String {
        digits.indices.contains(index) ? String(digits[index]) : "0"
    }
}
