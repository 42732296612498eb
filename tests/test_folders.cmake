perennial_tests(architecture)
perennial_tests(unit/base LINK perennial::base)
