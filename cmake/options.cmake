# Compiler settings of every target.
option(FLORIN_TESTS "Build the tests" ON)
set(FLORIN_SANITIZER "" CACHE STRING "address (with undefined behaviour), thread, or empty")
set(FLORIN_ARCH "x86-64-v3" CACHE STRING "Instruction set the binary needs (-march)")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(FLORIN_CCACHE ccache)
if(FLORIN_CCACHE)
  # Paths relative to the source: checkouts in different places share what is compiled. The compiler's
  # own list of the headers spares running the preprocessor first; the sloppiness is what ccache needs
  # to keep precompiled headers, and what includes them.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
    CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1
    CCACHE_SLOPPINESS=pch_defines,time_macros ${FLORIN_CCACHE})
endif()

set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
add_compile_options(
  -march=${FLORIN_ARCH} -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wswitch-enum -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # Stable sorts and merges of libstdc++ 12 use a function that it calls deprecated itself, which
  # clang reports at their callers.
  add_compile_options(-Wno-deprecated-declarations)
  # Precompiled headers that are the same whenever they are made, for ccache.
  add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
endif()
find_program(FLORIN_MOLD mold)
if(FLORIN_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

if(FLORIN_SANITIZER STREQUAL "address")
  set(checks address,undefined)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # Every program says which code it reached; tests/fuzz links libFuzzer's main.
    set(checks fuzzer-no-link,${checks})
  endif()
  add_compile_options(-fsanitize=${checks} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${checks})
elseif(FLORIN_SANITIZER STREQUAL "thread")
  add_compile_options(-fsanitize=thread)
  add_link_options(-fsanitize=thread)
elseif(NOT FLORIN_SANITIZER STREQUAL "")
  message(FATAL_ERROR "FLORIN_SANITIZER is '${FLORIN_SANITIZER}'; expected address, thread or nothing")
endif()
