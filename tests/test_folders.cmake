perennial_tests(architecture)
perennial_tests(unit/base LINK perennial::base)
perennial_tests(unit/support LINK perennial::base)
perennial_tests(unit/x509 LINK perennial::x509)
