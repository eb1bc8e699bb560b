// STOPSIGNAL's word: a number, or the name of a Linux signal with or without SIG.

enum SignalText {
    private static let names: Set<String> = {
        var names: Set = [
            "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE",
            "POLL", "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU",
            "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN", "RTMAX",
        ]
        for number in 1...15 { names.insert("RTMIN+\(number)") }
        for number in 1...14 { names.insert("RTMAX-\(number)") }
        return names
    }()

    /// Docker takes any number but 0, and names in any case.
    static func isSignal(_ text: String) -> Bool {
        if let number = Int(text) { return number != 0 }
        let name = text.uppercased()
        return names.contains(name.hasPrefix("SIG") ? String(name.dropFirst(3)) : name)
    }
}
