// Letters that werf's slugs write in plain ones: Latin and Russian; all others are left out.

enum SlugLetters {
    /// What becomes of a scalar beside the plain letters, digits and separators; nil: nothing.
    static func plain(_ scalar: Unicode.Scalar) -> String? { table[scalar] }

    /// Each plain form with the letters that become it.
    private static let forms: KeyValuePairs<String, String> = [
        "2": "²", "3": "³",
        "a": "ÀÁÂÃÄÅàáâãäåĀāĂăĄąАа", "ae": "Ææ", "b": "ßБб", "c": "ÇçĆćĈĉĊċČčЦц", "ch": "Чч", "d": "ÐĎďĐđДд",
        "e": "ÈÉÊËèéêëĒēĔĕĖėĘęĚěЭэ", "f": "Фф", "g": "ĜĝĞğĠġĢģГг", "h": "ĤĥĦħХх", "i": "ÌÍÎÏìíîïĨĩĪīĬĭĮįİıИи",
        "ij": "Ĳĳ",
        "j": "ĴĵЙй", "k": "ĶķĸКк", "l": "ĹĺĻļĽľĿŀŁłЛл", "m": "Мм", "n": "ÑñŃńŅņŇňŉŊŋНн",
        "o": "ÒÓÔÕÖØðòóôõöøŌōŎŏŐőОо", "oe": "Œœ", "p": "Пп", "r": "ŔŕŖŗŘřРр", "s": "ŚśŜŝŞşŠšſСс", "sh": "Шш",
        "shch": "Щщ", "t": "ŢţŤťŦŧТт", "th": "Þþ", "u": "µÙÚÛÜùúûüŨũŪūŬŭŮůŰűŲųУу", "v": "Вв", "w": "Ŵŵ", "x": "×",
        "y": "ÝýÿŶŷŸЫы", "ya": "Яя", "ye": "Ее", "yo": "Ёё", "yu": "Юю", "z": "ŹźŻżŽžЗз", "zh": "Жж",
    ]

    private static let table: [Unicode.Scalar: String] = {
        var table: [Unicode.Scalar: String] = [:]
        for (plain, letters) in forms {
            for scalar in letters.unicodeScalars { table[scalar] = plain }
        }
        return table
    }()
}
