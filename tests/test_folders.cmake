perennial_tests(architecture)
perennial_tests(unit/base LINK perennial::base)
perennial_tests(unit/support LINK perennial::base)
perennial_tests(unit/yaml LINK perennial::yaml)
