BEGIN { FS = OFS = "\t" }
{ ships[$2]++; nights[$2] += $5; metres[$2] += $4 * $5 }
END { for (harbour in ships) print harbour, ships[harbour], nights[harbour], metres[harbour] }
