// SPDX-License-Identifier: Apache-2.0
// Runs M-Lab's own client for browsers, under Node: `node measure.js HOST:PORT` prints as JSON what it
// has measured. Node has no web workers and no WebSocket: a thread and the package `ws` stand in.
'use strict';
const threads = require('node:worker_threads');

function insideWorker(file) {
  globalThis.self = globalThis;
  globalThis.WebSocket = require('ws');
  globalThis.postMessage = (message) => threads.parentPort.postMessage(message);
  require('node:vm').runInThisContext(require('node:fs').readFileSync(file, 'utf8'));
  threads.parentPort.on('message', (data) => globalThis.onmessage({data}));
}

class Worker {
  constructor(file) {
    this.thread = new threads.Worker(__filename, {workerData: file});
    this.thread.on('message', (data) => this.onmessage({data}));
  }

  postMessage(message) {
    this.thread.postMessage(message);
  }

  terminate() {
    this.thread.terminate();
  }
}

async function measure(server) {
  globalThis.Worker = Worker;
  const found = {};
  const config = {
    server,
    protocol: 'ws',
    mlabDataPolicyInapplicable: true,
    downloadworkerfile: require.resolve('@m-lab/ndt7/src/ndt7-download-worker.js'),
    uploadworkerfile: require.resolve('@m-lab/ndt7/src/ndt7-upload-worker.js'),
  };
  found.status = await require('@m-lab/ndt7').test(config, {
    downloadComplete: (last) => found.download = last,
    uploadComplete: (last) => found.upload = last,
  });
  console.log(JSON.stringify(found));
}

if (threads.isMainThread) {
  measure(process.argv[2]);
} else {
  insideWorker(threads.workerData);
}
