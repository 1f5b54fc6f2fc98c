# The PostgreSQL sink, with a server that the program starts once: so it is one test for ctest.
add_executable(test_postgres_sink
  kill_runs.cc
  postgres_bed.cc
  postgres_contents.cc
  postgres_failures_test.cc
  postgres_server.cc
  postgres_sink_test.cc
  ${CMAKE_SOURCE_DIR}/tests/exporter/made_changes.cc)
target_link_libraries(test_postgres_sink PRIVATE florin_sinks florin_test_history GTest::gtest_main)
target_include_directories(test_postgres_sink PRIVATE ${CMAKE_SOURCE_DIR})
florin_compiled_as(test_postgres_sink tests)
add_dependencies(florin_tests test_postgres_sink)
add_test(NAME PostgresSink COMMAND test_postgres_sink)
set_tests_properties(PostgresSink PROPERTIES TIMEOUT 300 COST 20 SKIP_REGULAR_EXPRESSION "SKIPPED")

# Measures; not a test.
add_executable(postgres_throughput postgres_server.cc postgres_throughput.cc)
target_link_libraries(postgres_throughput PRIVATE florin_sinks)
target_include_directories(postgres_throughput PRIVATE ${CMAKE_SOURCE_DIR})
florin_compiled_as(postgres_throughput product)
