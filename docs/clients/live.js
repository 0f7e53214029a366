// Print the liquidations of a symbol as they come, resuming after a loss: for pages of the site.
export function watch(symbol, print = console.log, site = location.origin) {
  let connection = "";
  let seq = 0;
  const open = () => {
    const resume = connection && `?resume_from=${connection}:${seq}`;
    const socket = new WebSocket(`${site.replace(/^http/, "ws")}/ws/live${resume}`);
    const say = (message) => socket.readyState === 1 && socket.send(JSON.stringify(message));
    const pings = setInterval(say, 30_000, { action: "ping" });
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(data);
      seq = frame.seq ?? seq;
      if (frame.type === "welcome") connection = frame.connection;
      if (frame.type === "welcome" && !frame.resumed) say({ action: "subscribe", symbols: [symbol] });
      if (frame.type === "snapshot") print(symbol, "24 h:", JSON.stringify(frame.totals));
      if (frame.type !== "liquidations") return;
      for (const { exchange, side, price, value_usd } of frame.rows)
        print(exchange, side, price, value_usd);
    };
    socket.onclose = () => (clearInterval(pings), setTimeout(open, 1_000 + 4_000 * Math.random()));
  };
  open();
}
