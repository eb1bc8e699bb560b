// Hashes whose values never change between releases or machines.

package enum Mixing {
    /// FNV-1a (Fowler, Noll, Vo), 64 bits, with its bits spread by `spread`.
    package static func hash(_ bytes: [UInt8]) -> UInt64 {
        var state: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return spread(state)
    }

    /// The finalizer of SplitMix64 (Steele, Lea, Flood 2014): every bit of the input changes half of the output.
    package static func spread(_ value: UInt64) -> UInt64 {
        var mixed = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// The step of SplitMix64's counter: odd, near the golden ratio of 2^64.
    package static let step: UInt64 = 0x9e37_79b9_7f4a_7c15
}
