perennial_fuzzer(yaml LINK perennial::yaml)
perennial_fuzzer(json LINK perennial::base)
