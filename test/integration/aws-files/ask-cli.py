# Asks the AWS CLI that is installed for this Python: `aws configure get NAME`, once for each case and name that stdin has as
# JSON, all in one process, for each start of it takes a second. Prints the answers as JSON.
import contextlib
import io
import json
import os
import sys

import awscli.clidriver

answers = []
for case in json.load(sys.stdin):
    os.environ.pop('AWS_PROFILE', None)
    os.environ.update(case['env'])
    got = {}
    for name in case['names']:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                sys.argv = ['aws', 'configure', 'get', name]
                status = awscli.clidriver.main()
            except SystemExit as end:
                status = end.code
        got[name] = {'status': status, 'stdout': out.getvalue(), 'stderr': err.getvalue()}
    answers.append(got)
json.dump(answers, sys.stdout)
