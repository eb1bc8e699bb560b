// Values known before the first FROM: platform arguments and the ARGs at the top, as BuildKit evaluates them.
import Dockerfiles
package import Images
import Projects

package struct GlobalArguments: Sendable {
    /// Platform arguments included.
    package private(set) var values: [String: String]

    /// Each ARG sees those before it; a value given from outside wins over the default, for the platform's too.
    package init(_ recipe: ImageRecipe) throws(StagingError) {
        let given = recipe.givenArguments
        values = Self.platformArguments(recipe.platform)
        values["TARGETOSVERSION"] = ""
        values["BUILDOSVERSION"] = ""
        values["TARGETSTAGE"] = recipe.image.target ?? recipe.dockerfile.stages.last?.name ?? "default"
        for name in values.keys { values[name] = given[name] ?? values[name] }
        let expander = Expander(escape: recipe.dockerfile.directives.escape)
        for instruction in recipe.dockerfile.metaArgs {
            for argument in instruction.arguments {
                if let value = given[argument.key] {
                    values[argument.key] = value
                } else if let value = argument.value {
                    values[argument.key] = try expander.expand(value, values, at: instruction.location)
                }
            }
        }
    }

    package static func platformArguments(_ platform: Images.Platform) -> [String: String] {
        var values: [String: String] = [:]
        for side in ["TARGET", "BUILD"] {
            values[side + "PLATFORM"] = platform.description
            values[side + "OS"] = platform.os
            values[side + "ARCH"] = platform.architecture
            values[side + "VARIANT"] = platform.variant ?? ""
        }
        return values
    }
}

extension Expander {
    /// The text as one word, or an error that names the place.
    func expand(
        _ text: String, _ environment: [String: String], at location: SourceLocation
    ) throws(StagingError) -> String {
        do {
            return try word(text, environment)
        } catch {
            throw StagingError(place: location.description, reason: error.description)
        }
    }
}
