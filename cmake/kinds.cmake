# How the files of a target are compiled, by its kind: `product`, `commands` (of the product, but for people,
# so that it need not be optimised as much), `tests`. Headers that nearly every file includes are
# compiled once: `product` and `commands` have the standard library and fmt, `tests` has GoogleTest too.
# None is a header of Florin's: a change compiles again what includes it, and nothing else. Files include
# what they use all the same: tools/check_headers compiles every header without these, `./dev check
# --no-pch` every source.
option(FLORIN_PRECOMPILED "Compile the headers of the standard library and of GoogleTest once" ON)
# More than half of the time goes into headers and templates: so eight files of a target are compiled as
# one. Names without linkage are therefore shared by the files of a target, and must differ.
option(FLORIN_UNITY "Compile several files of a target at once" ON)
set(CMAKE_UNITY_BUILD ${FLORIN_UNITY})
set(CMAKE_UNITY_BUILD_BATCH_SIZE 8)

set(product_headers
  <algorithm> <array> <atomic> <bit> <cerrno> <charconv> <chrono> <cstdio> <cstdlib> <cstring> <deque>
  <filesystem> <fstream> <functional> <map> <memory> <mutex> <optional> <set> <span> <sstream> <string>
  <string_view> <thread> <type_traits> <unordered_map> <utility> <variant> <vector> <fmt/core.h>)
set(tests_headers ${product_headers} <fmt/format.h> <gtest/gtest.h>)

# What is compiled once must be compiled alike: these libraries' own definitions, for every target.
add_compile_definitions($<TARGET_PROPERTY:fmt::fmt,INTERFACE_COMPILE_DEFINITIONS>)
if(FLORIN_TESTS)
  add_compile_options($<TARGET_PROPERTY:GTest::gtest,INTERFACE_COMPILE_OPTIONS>)
endif()

# The tests themselves are optimised less than what they test. There, g++ 12 takes moves of short
# strings for accesses out of bounds; the address sanitizer knows better.
set(tests_options -O1)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND tests_options -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread -Wno-restrict)
endif()

if(FLORIN_PRECOMPILED)
  set(source ${CMAKE_BINARY_DIR}/precompiled.cc)
  file(CONFIGURE OUTPUT ${source} CONTENT "// Nothing: the headers are all there is.\n")
  set(kinds product)
  if(FLORIN_TESTS)
    list(APPEND kinds tests)
  endif()
  foreach(kind IN LISTS kinds)
    add_library(florin_precompiled_${kind} OBJECT EXCLUDE_FROM_ALL ${source})
    target_compile_options(florin_precompiled_${kind} PRIVATE ${${kind}_options})
    target_precompile_headers(florin_precompiled_${kind} PRIVATE ${${kind}_headers})
  endforeach()
endif()

# A precompiled header for -O2 is good for -O1 too.
set(commands_options -O1)

# florin_compiled_as(florin_wal product) gives a target the headers and options of that kind.
function(florin_compiled_as target kind)
  target_compile_options(${target} PRIVATE ${${kind}_options})
  if(FLORIN_PRECOMPILED)
    if(kind STREQUAL "commands")
      set(kind product)
    endif()
    target_precompile_headers(${target} REUSE_FROM florin_precompiled_${kind})
  endif()
endfunction()
