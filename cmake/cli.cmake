# The smime command, and the tests that need it.
file(GLOB cli_sources CONFIGURE_DEPENDS cli/*.c)
add_executable(smime ${cli_sources})
target_include_directories(smime PRIVATE include)
target_link_libraries(smime PRIVATE smime_static)

enable_testing()
set(cli_test_exit_status exit_status)
set(cli_test_time_arg time_arg)
set(cli_test_opts opts opts_table nearest config say exit_status)
foreach(test exit_status time_arg opts)
  if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/tests/cli/test_cli_${test}.c)
    list(TRANSFORM cli_test_${test} REPLACE "(.+)" "cli/\\1.c" OUTPUT_VARIABLE sources)
    add_executable(test_cli_${test} tests/cli/test_cli_${test}.c ${sources})
    target_include_directories(test_cli_${test} PRIVATE include tests cli)
    add_test(NAME cli/${test} COMMAND test_cli_${test})
  endif()
endforeach()

find_program(PYTHON3_PROGRAM python3)
if(PYTHON3_PROGRAM)
  add_test(NAME cli/command
           COMMAND ${PYTHON3_PROGRAM} ${CMAKE_CURRENT_SOURCE_DIR}/tests/cli/test_cli.py
                   $<TARGET_FILE:smime> ${CMAKE_CURRENT_SOURCE_DIR}/man/smime.1)
  set_tests_properties(cli/command PROPERTIES TIMEOUT 600)
endif()
install(TARGETS smime RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
