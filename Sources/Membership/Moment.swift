// Time as a machine is told it: a monotonic clock for timers, and the wall clock to compare with others.

/// A point on the caller's monotonic clock.
package struct Moment: Hashable, Comparable, Sendable {
    package let nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package static func < (left: Moment, right: Moment) -> Bool { left.nanoseconds < right.nanoseconds }

    /// Stops at the end of time instead of trapping.
    package static func + (moment: Moment, nanoseconds: Int64) -> Moment {
        let (sum, overflow) = moment.nanoseconds.addingReportingOverflow(nanoseconds)
        return overflow ? .never : Moment(nanoseconds: sum)
    }

    /// Nanoseconds since `earlier`; 0 when that is later.
    package func since(_ earlier: Moment) -> Int64 {
        let (difference, overflow) = nanoseconds.subtractingReportingOverflow(earlier.nanoseconds)
        return overflow ? 0 : max(difference, 0)
    }

    package static let never = Moment(nanoseconds: .max)
}

/// Both clocks at one point.
package struct ClockReading: Hashable, Sendable {
    package let moment: Moment
    /// Unix time.
    package let wallMilliseconds: Int64

    package init(moment: Moment, wallMilliseconds: Int64) {
        self.moment = moment
        self.wallMilliseconds = wallMilliseconds
    }
}
