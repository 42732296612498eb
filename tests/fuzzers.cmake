perennial_fuzzer(yaml LINK perennial::yaml)
