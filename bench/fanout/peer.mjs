// The peer of the fan-out benchmark: Socket.IO on Node as everybody writes it. BATCH_MS sends a tick's messages as one array.
import { createServer } from "node:http";
import { Server } from "socket.io";

const batch = Number(process.env.BATCH_MS || 0);
const http = createServer((request, answer) => answer.end("up"));
const io = new Server(http, { transports: ["websocket"], serveClient: false, perMessageDeflate: false });
const waiting = new Map();

function flush(room) {
  const messages = waiting.get(room);
  if (messages?.length) {
    waiting.set(room, []);
    io.to(room).emit("chats", messages);
  }
}

io.on("connection", (socket) => {
  socket.on("join", (room) => socket.join(room));
  socket.on("chat", (message) => {
    if (!batch) io.to(message.room).emit("chat", message);
    else if (waiting.has(message.room)) waiting.get(message.room).push(message);
    else waiting.set(message.room, [message]);
  });
  socket.on("pin", (message) => {
    flush(message.room);
    io.to(message.room).emit("pin", message);
  });
});
if (batch) setInterval(() => [...waiting.keys()].forEach(flush), batch);
http.listen({ port: Number(process.env.PORT), host: "127.0.0.1", backlog: 4096 });
