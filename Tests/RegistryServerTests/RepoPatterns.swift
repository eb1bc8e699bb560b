// Patterns of repos in tests, which are right by themselves.
import Settings

func repos(_ text: String) -> RepoPattern {
    guard let pattern = RepoPattern(text) else { preconditionFailure("\(text) is no pattern") }
    return pattern
}
